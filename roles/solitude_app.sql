-- Written by `solitude-gen grants` from the queries: what they need, and nothing else. Apply it after the migrations.

begin;

revoke all on all tables in schema "public" from "solitude_app";
revoke all on all sequences in schema "public" from "solitude_app";
revoke all on all routines in schema "public" from "solitude_app";
revoke all on schema "public" from "solitude_app";

grant usage on schema "public" to "solitude_app";

grant select ("activity_schema_id", "checksum", "created_at", "created_by", "json_schema", "required_fields", "retired_at", "version", "workspace_id") on "public"."activity_schema_versions" to "solitude_app";
grant insert ("activity_schema_id", "checksum", "created_by", "json_schema", "required_fields", "version", "workspace_id") on "public"."activity_schema_versions" to "solitude_app";
grant update ("retired_at") on "public"."activity_schema_versions" to "solitude_app";

grant select ("compatibility", "created_at", "created_by", "description", "id", "latest_version", "name", "slug", "updated_at", "workspace_id") on "public"."activity_schemas" to "solitude_app";
grant insert ("compatibility", "created_by", "description", "name", "slug", "workspace_id") on "public"."activity_schemas" to "solitude_app";
grant update ("latest_version") on "public"."activity_schemas" to "solitude_app";

grant select ("agent_version_id", "alias", "requires_approval", "settings", "tool_version_id", "workspace_id") on "public"."agent_version_tools" to "solitude_app";
grant insert ("agent_version_id", "alias", "requires_approval", "settings", "tool_version_id", "workspace_id") on "public"."agent_version_tools" to "solitude_app";
grant update ("alias", "requires_approval", "settings") on "public"."agent_version_tools" to "solitude_app";
grant delete on "public"."agent_version_tools" to "solitude_app";

grant select ("agent_id", "created_at", "created_by", "id", "input_schema", "instructions", "instructions_sha256", "limits", "model", "output_schema", "parameters", "published_at", "release_notes", "status", "updated_at", "version", "version_order", "workspace_id") on "public"."agent_versions" to "solitude_app";
grant insert ("agent_id", "created_by", "input_schema", "instructions", "limits", "model", "output_schema", "parameters", "release_notes", "version", "workspace_id") on "public"."agent_versions" to "solitude_app";
grant update ("input_schema", "instructions", "limits", "model", "output_schema", "parameters", "published_at", "release_notes", "status") on "public"."agent_versions" to "solitude_app";

grant select ("archived_at", "created_at", "created_by", "current_version_id", "description", "id", "labels", "name", "slug", "status", "updated_at", "workspace_id") on "public"."agents" to "solitude_app";
grant insert ("created_by", "description", "labels", "name", "slug", "workspace_id") on "public"."agents" to "solitude_app";
grant update ("archived_at", "current_version_id", "description", "labels", "name", "status") on "public"."agents" to "solitude_app";

grant select ("allowed_networks", "created_at", "created_by", "expires_at", "id", "key_hash", "last_used_at", "name", "prefix", "rate_limit_per_minute", "revoked_at", "scopes", "updated_at", "workspace_id") on "public"."api_keys" to "solitude_app";
grant insert ("allowed_networks", "created_by", "expires_at", "key_hash", "name", "prefix", "rate_limit_per_minute", "scopes", "workspace_id") on "public"."api_keys" to "solitude_app";
grant update ("expires_at", "last_used_at", "revoked_at") on "public"."api_keys" to "solitude_app";

grant select ("comment", "decided_at", "decided_by", "id", "request_id", "step_position", "verdict", "workspace_id") on "public"."approval_decisions" to "solitude_app";
grant insert ("comment", "decided_by", "request_id", "step_position", "verdict", "workspace_id") on "public"."approval_decisions" to "solitude_app";

grant select ("approver_ids", "approver_role", "name", "position", "request_id", "required_approvals", "workspace_id") on "public"."approval_request_steps" to "solitude_app";
grant insert ("approver_ids", "approver_role", "name", "position", "request_id", "required_approvals", "workspace_id") on "public"."approval_request_steps" to "solitude_app";

grant select ("completed_at", "context", "created_at", "current_position", "expires_at", "id", "requested_by", "status", "subject_id", "subject_kind", "temporal_workflow_id", "title", "updated_at", "workflow_id", "workspace_id") on "public"."approval_requests" to "solitude_app";
grant insert ("context", "current_position", "expires_at", "requested_by", "subject_id", "subject_kind", "temporal_workflow_id", "title", "workflow_id", "workspace_id") on "public"."approval_requests" to "solitude_app";
grant update ("completed_at", "current_position", "status") on "public"."approval_requests" to "solitude_app";

grant select ("approver_ids", "approver_role", "name", "position", "required_approvals", "workflow_id", "workspace_id") on "public"."approval_workflow_steps" to "solitude_app";
grant insert ("approver_ids", "approver_role", "name", "position", "required_approvals", "workflow_id", "workspace_id") on "public"."approval_workflow_steps" to "solitude_app";
grant delete on "public"."approval_workflow_steps" to "solitude_app";

grant select ("created_at", "created_by", "description", "expires_after", "id", "is_active", "name", "slug", "subject_kind", "updated_at", "workspace_id") on "public"."approval_workflows" to "solitude_app";
grant insert ("created_by", "description", "expires_after", "name", "slug", "subject_kind", "workspace_id") on "public"."approval_workflows" to "solitude_app";
grant update ("is_active") on "public"."approval_workflows" to "solitude_app";

grant select ("occurred_at", "problem", "seq", "workspace_id") on "public"."audit_chain_entries" to "solitude_app";

grant select ("lane", "last_hash", "last_seq", "updated_at", "workspace_id") on "public"."audit_chain_heads" to "solitude_app";

grant select ("detached_from", "exported_to", "first_seq", "last_hash", "last_seq", "previous_hash", "seal", "sealed_at", "workspace_id") on "public"."audit_checkpoints" to "solitude_app";

grant select ("action", "actor_id", "actor_kind", "address_key", "details", "details_key", "hash", "ip_address", "occurred_at", "previous_hash", "request_id", "seq", "target_id", "target_key", "target_kind", "workspace_id") on "public"."audit_logs" to "solitude_app";
grant insert ("action", "actor_id", "actor_kind", "details", "ip_address", "request_id", "target_id", "target_kind", "workspace_id") on "public"."audit_logs" to "solitude_app";

grant select ("id", "name", "parent_id", "position", "slug") on "public"."categories" to "solitude_app";
grant insert ("name", "parent_id", "position", "slug") on "public"."categories" to "solitude_app";

grant select ("category_id", "listing_count") on "public"."category_stats" to "solitude_app";

grant select ("configuration_id", "created_at", "created_by", "id", "note", "value", "version", "workspace_id") on "public"."configuration_versions" to "solitude_app";
grant insert ("configuration_id", "created_by", "id", "note", "value", "version", "workspace_id") on "public"."configuration_versions" to "solitude_app";

grant select ("created_at", "current_version", "description", "id", "is_locked", "key", "latest_version", "updated_at", "value_schema", "workspace_id") on "public"."configurations" to "solitude_app";
grant insert ("current_version", "description", "key", "latest_version", "value_schema", "workspace_id") on "public"."configurations" to "solitude_app";
grant update ("current_version", "description", "is_locked", "latest_version", "value_schema") on "public"."configurations" to "solitude_app";

grant select ("created_at", "failed_attempts", "id", "issuer", "kind", "last_used_at", "locked_until", "public_key", "revoked_at", "secret_hash", "sign_count", "subject", "user_id") on "public"."credentials" to "solitude_app";
grant insert ("issuer", "kind", "last_used_at", "public_key", "secret_hash", "sign_count", "subject", "user_id") on "public"."credentials" to "solitude_app";
grant update ("failed_attempts", "last_used_at", "locked_until", "revoked_at", "secret_hash", "sign_count") on "public"."credentials" to "solitude_app";
grant delete on "public"."credentials" to "solitude_app";

grant select ("agent_id", "model", "name", "published_at", "slug", "version", "version_id", "workspace_id") on "public"."current_agents" to "solitude_app";

grant select ("dataset_version_id", "file_id", "position", "record_count", "workspace_id") on "public"."dataset_version_files" to "solitude_app";
grant insert ("dataset_version_id", "file_id", "position", "record_count", "workspace_id") on "public"."dataset_version_files" to "solitude_app";

grant select ("created_at", "created_by", "dataset_id", "error", "id", "parent_version_id", "ready_at", "record_count", "record_schema", "size_bytes", "status", "updated_at", "version", "workspace_id") on "public"."dataset_versions" to "solitude_app";
grant insert ("created_by", "dataset_id", "parent_version_id", "record_schema", "version", "workspace_id") on "public"."dataset_versions" to "solitude_app";
grant update ("error", "ready_at", "status") on "public"."dataset_versions" to "solitude_app";

grant select ("classification", "created_at", "created_by", "deleted_at", "description", "id", "name", "slug", "tags", "updated_at", "workspace_id") on "public"."datasets" to "solitude_app";
grant insert ("classification", "created_by", "description", "name", "slug", "tags", "workspace_id") on "public"."datasets" to "solitude_app";
grant update ("classification", "deleted_at") on "public"."datasets" to "solitude_app";

grant select ("changed_at", "changed_by", "current_version", "key", "value", "workspace_id") on "public"."effective_configurations" to "solitude_app";

grant select ("bucket", "content_type", "created_at", "deleted_at", "expires_at", "extension", "id", "metadata", "name", "object_key", "sha256", "size_bytes", "status", "storage", "updated_at", "uploaded_by", "workspace_id") on "public"."files" to "solitude_app";
grant insert ("bucket", "content_type", "expires_at", "metadata", "name", "object_key", "sha256", "size_bytes", "status", "storage", "uploaded_by", "workspace_id") on "public"."files" to "solitude_app";
grant update ("content_type", "deleted_at", "metadata", "name", "sha256", "size_bytes", "status") on "public"."files" to "solitude_app";

grant select ("agent_version_id", "auto_update", "created_at", "id", "installed_by", "listing_id", "settings", "status", "uninstalled_at", "updated_at", "workspace_id") on "public"."installations" to "solitude_app";
grant insert ("agent_version_id", "auto_update", "installed_by", "listing_id", "settings", "workspace_id") on "public"."installations" to "solitude_app";
grant update ("agent_version_id", "auto_update", "settings", "status", "uninstalled_at") on "public"."installations" to "solitude_app";

grant select ("cursor", "error", "failed_at", "integration_id", "resource", "synced_at", "synced_items", "workspace_id") on "public"."integration_sync_states" to "solitude_app";
grant insert ("cursor", "error", "failed_at", "integration_id", "resource", "synced_at", "synced_items", "workspace_id") on "public"."integration_sync_states" to "solitude_app";
grant update ("cursor", "error", "failed_at", "synced_at", "synced_items") on "public"."integration_sync_states" to "solitude_app";
grant delete on "public"."integration_sync_states" to "solitude_app";

grant select ("configuration", "connected_by", "created_at", "disconnected_at", "id", "last_error", "name", "provider", "scopes", "secret_ref", "status", "token_expires_at", "updated_at", "workspace_id") on "public"."integrations" to "solitude_app";
grant insert ("configuration", "connected_by", "name", "provider", "scopes", "secret_ref", "token_expires_at", "workspace_id") on "public"."integrations" to "solitude_app";
grant update ("configuration", "disconnected_at", "last_error", "status", "token_expires_at") on "public"."integrations" to "solitude_app";

grant select ("accepted_at", "accepted_by", "created_at", "email", "expires_at", "id", "invited_by", "message", "revoked_at", "role", "sent_count", "token_hash", "updated_at", "workspace_id") on "public"."invitations" to "solitude_app";
grant insert ("email", "invited_by", "message", "role", "token_hash", "workspace_id") on "public"."invitations" to "solitude_app";
grant update ("accepted_at", "accepted_by", "expires_at", "invited_by", "message", "revoked_at", "role", "sent_count", "token_hash") on "public"."invitations" to "solitude_app";

grant select ("action", "job_id", "workspace_id") on "public"."job_document_outbox" to "solitude_app";
grant update ("documents") on "public"."job_document_outbox" to "solitude_app";

grant select ("cost_micros", "job_id", "kind", "model", "quantity", "recorded_at", "workspace_id") on "public"."job_usage" to "solitude_app";
grant insert ("cost_micros", "job_id", "kind", "model", "quantity", "recorded_at", "workspace_id") on "public"."job_usage" to "solitude_app";

grant select ("activity_schema_id", "activity_schema_version", "agent_version_id", "approval_request_id", "attempt", "created_at", "duration", "error", "finished_at", "id", "idempotency_key", "input", "installation_id", "is_ready", "lease_number", "locked_by", "locked_until", "max_attempts", "mongo_collection", "mongo_database", "output", "parent_job_id", "priority", "requested_by", "run_after", "started_at", "status", "task_queue", "temporal_run_id", "temporal_workflow_id", "updated_at", "workspace_id", "xmax") on "public"."jobs" to "solitude_app";
grant insert ("activity_schema_id", "activity_schema_version", "agent_version_id", "idempotency_key", "input", "installation_id", "parent_job_id", "priority", "requested_by", "run_after", "task_queue", "workspace_id") on "public"."jobs" to "solitude_app";
grant update ("approval_request_id", "attempt", "error", "finished_at", "idempotency_key", "locked_by", "locked_until", "output", "run_after", "status", "temporal_run_id", "temporal_workflow_id") on "public"."jobs" to "solitude_app";
grant delete on "public"."jobs" to "solitude_app";

grant select ("active_installations", "average_rating", "category_id", "is_public", "listing_id", "ranking_score") on "public"."listing_stats" to "solitude_app";

grant select ("agent_id", "agent_version_id", "billing", "category_id", "created_at", "created_by", "description", "document", "id", "language", "price", "published_at", "publisher_workspace_id", "search", "slug", "status", "summary", "suspended_at", "tags", "title", "updated_at", "visibility") on "public"."listings" to "solitude_app";
grant insert ("agent_id", "agent_version_id", "billing", "category_id", "created_by", "description", "language", "price", "publisher_workspace_id", "slug", "summary", "tags", "title", "visibility") on "public"."listings" to "solitude_app";
grant update ("agent_version_id", "category_id", "description", "published_at", "status", "summary", "tags", "title", "visibility") on "public"."listings" to "solitude_app";

grant select ("allowed_networks", "id", "key_hash", "last_used_at", "rate_limit_per_minute", "scopes", "workspace_id") on "public"."live_api_keys" to "solitude_app";

grant select ("id", "workspace_id") on "public"."live_installations" to "solitude_app";

grant select ("email", "expires_at", "id", "invited_by", "message", "role", "token_hash", "workspace_id") on "public"."live_invitations" to "solitude_app";

grant select ("email", "id", "status") on "public"."live_users" to "solitude_app";

grant select ("id", "plan", "region") on "public"."live_workspaces" to "solitude_app";

grant select ("author_id", "body", "created_at", "id", "installation_id", "listing_id", "rating", "replied_at", "reply", "status", "title", "updated_at", "workspace_id") on "public"."reviews" to "solitude_app";
grant insert ("author_id", "body", "installation_id", "listing_id", "rating", "title", "workspace_id") on "public"."reviews" to "solitude_app";
grant update ("body", "rating", "title") on "public"."reviews" to "solitude_app";
grant delete on "public"."reviews" to "solitude_app";

grant select ("created_at", "expires_at", "id", "ip_address", "last_used_at", "revoked_at", "token_hash", "user_agent", "user_id") on "public"."sessions" to "solitude_app";
grant insert ("expires_at", "ip_address", "token_hash", "user_agent", "user_id") on "public"."sessions" to "solitude_app";
grant update ("expires_at", "last_used_at", "revoked_at", "revoked_reason", "token_hash") on "public"."sessions" to "solitude_app";
grant delete on "public"."sessions" to "solitude_app";

grant select ("challenge_hash", "created_at", "expires_at", "purpose", "user_id") on "public"."sign_in_challenges" to "solitude_app";
grant insert ("challenge_hash", "expires_at", "purpose", "user_id") on "public"."sign_in_challenges" to "solitude_app";
grant delete on "public"."sign_in_challenges" to "solitude_app";

grant select ("extension", "file_count", "stored_bytes", "workspace_id") on "public"."stored_files" to "solitude_app";

grant select ("cost_micros", "day", "job_count", "tokens", "tool_calls", "workspace_id") on "public"."tenant_usage_daily" to "solitude_app";

grant select ("created_at", "created_by", "description", "id", "is_enabled", "name", "slug", "tags", "transport", "updated_at", "workspace_id") on "public"."tool_definitions" to "solitude_app";
grant insert ("created_by", "description", "name", "slug", "tags", "transport", "workspace_id") on "public"."tool_definitions" to "solitude_app";
grant update ("description", "is_enabled", "name", "tags") on "public"."tool_definitions" to "solitude_app";

grant select ("created_at", "created_by", "deprecated_at", "endpoint", "id", "input_schema", "is_idempotent", "output_schema", "secret_ref", "timeout_seconds", "tool_id", "version", "workspace_id") on "public"."tool_versions" to "solitude_app";
grant insert ("created_by", "endpoint", "input_schema", "is_idempotent", "output_schema", "secret_ref", "timeout_seconds", "tool_id", "version", "workspace_id") on "public"."tool_versions" to "solitude_app";
grant update ("deprecated_at") on "public"."tool_versions" to "solitude_app";

grant select ("avatar_url", "bio", "created_at", "display_name", "headline", "links", "locale", "preferences", "search_name", "time_zone", "updated_at", "user_id") on "public"."user_profiles" to "solitude_app";
grant insert ("display_name", "locale", "time_zone", "user_id") on "public"."user_profiles" to "solitude_app";
grant update ("avatar_url", "bio", "display_name", "headline", "links", "locale", "preferences", "time_zone") on "public"."user_profiles" to "solitude_app";

grant select ("email", "expires_at", "purpose", "security_version", "token_hash", "used_at", "user_id") on "public"."user_tokens" to "solitude_app";
grant insert ("email", "expires_at", "purpose", "security_version", "token_hash", "user_id") on "public"."user_tokens" to "solitude_app";
grant update ("used_at") on "public"."user_tokens" to "solitude_app";
grant delete on "public"."user_tokens" to "solitude_app";

grant select ("created_at", "deleted_at", "email", "email_verified_at", "email_verified_through", "id", "last_seen_at", "security_version", "status", "updated_at", "xmax") on "public"."users" to "solitude_app";
grant insert ("email", "email_verified_at", "email_verified_through", "status") on "public"."users" to "solitude_app";
grant update ("deleted_at", "email", "email_verified_at", "email_verified_through", "last_seen_at", "status") on "public"."users" to "solitude_app";

grant select ("avatar_url", "custom_role_id", "custom_role_name", "display_name", "email", "joined_at", "last_seen_at", "permissions", "role", "user_id", "workspace_id") on "public"."workspace_directory" to "solitude_app";

grant select ("custom_role_id", "invited_by", "joined_at", "role", "updated_at", "user_id", "workspace_id") on "public"."workspace_members" to "solitude_app";
grant insert ("invited_by", "role", "user_id", "workspace_id") on "public"."workspace_members" to "solitude_app";
grant update ("custom_role_id", "role") on "public"."workspace_members" to "solitude_app";
grant delete on "public"."workspace_members" to "solitude_app";

grant select ("created_at", "description", "id", "name", "permissions", "updated_at", "workspace_id") on "public"."workspace_roles" to "solitude_app";
grant insert ("description", "name", "permissions", "workspace_id") on "public"."workspace_roles" to "solitude_app";
grant update ("description", "name", "permissions") on "public"."workspace_roles" to "solitude_app";
grant delete on "public"."workspace_roles" to "solitude_app";

grant select ("extension", "file_count", "stored_bytes", "workspace_id") on "public"."workspace_storage" to "solitude_app";

grant select ("extension", "file_count", "stored_bytes", "workspace_id") on "public"."workspace_storage_changes" to "solitude_app";

grant select ("archived_at", "created_at", "created_by", "default_limits", "id", "name", "plan", "region", "seat_limit", "slug", "updated_at") on "public"."workspaces" to "solitude_app";
grant insert ("created_by", "id", "name", "region", "slug") on "public"."workspaces" to "solitude_app";
grant update ("archived_at", "default_limits", "name", "plan", "seat_limit", "slug") on "public"."workspaces" to "solitude_app";

grant execute on function public.workspace_of_slug(text) to "solitude_app";

commit;
