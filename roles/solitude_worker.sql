-- Written by `solitude-gen grants` from the queries: what they need, and nothing else. Apply it after the migrations.

begin;

revoke all on all tables in schema "public" from "solitude_worker";
revoke all on all sequences in schema "public" from "solitude_worker";
revoke all on all routines in schema "public" from "solitude_worker";
revoke all on schema "public" from "solitude_worker";

grant usage on schema "public" to "solitude_worker";

grant select ("agent_version_id", "alias", "requires_approval", "settings", "tool_version_id", "workspace_id") on "public"."agent_version_tools" to "solitude_worker";

grant select ("agent_id", "id", "instructions", "limits", "model", "parameters", "release_notes", "version", "workspace_id") on "public"."agent_versions" to "solitude_worker";

grant select ("completed_at", "expires_at", "id", "status", "temporal_workflow_id", "workspace_id") on "public"."approval_requests" to "solitude_worker";
grant update ("completed_at", "status") on "public"."approval_requests" to "solitude_worker";

grant select ("lane", "last_hash", "last_seq", "updated_at", "workspace_id") on "public"."audit_chain_heads" to "solitude_worker";

grant select ("checkpoint_count", "hash", "previous_hash", "seal", "sealed_at", "signature", "signed_by") on "public"."audit_seals" to "solitude_worker";
grant update ("signature", "signed_by") on "public"."audit_seals" to "solitude_worker";

grant select ("id", "name") on "public"."categories" to "solitude_worker";

grant select ("file_id", "workspace_id") on "public"."dataset_version_files" to "solitude_worker";

grant select ("bucket", "created_at", "expires_at", "id", "object_key", "status", "storage", "workspace_id") on "public"."files" to "solitude_worker";
grant update ("deleted_at", "status") on "public"."files" to "solitude_worker";

grant select ("agent_version_id", "auto_update", "created_at", "id", "listing_id", "settings", "status", "workspace_id") on "public"."installations" to "solitude_worker";

grant select ("id", "provider", "secret_ref", "status", "token_expires_at", "workspace_id") on "public"."integrations" to "solitude_worker";

grant select ("accepted_at", "created_at", "email", "expires_at", "id", "invited_by", "message", "revoked_at", "role", "token_hash", "workspace_id") on "public"."invitations" to "solitude_worker";

grant select ("action", "attempts", "documents", "id", "job_id", "locked_until", "workspace_id") on "public"."job_document_outbox" to "solitude_worker";
grant insert ("action", "job_id", "workspace_id") on "public"."job_document_outbox" to "solitude_worker";
grant update ("attempts", "last_error", "locked_until") on "public"."job_document_outbox" to "solitude_worker";
grant delete on "public"."job_document_outbox" to "solitude_worker";

grant select ("activity_schema_id", "activity_schema_version", "agent_version_id", "approval_request_id", "attempt", "created_at", "duration", "error", "finished_at", "id", "idempotency_key", "input", "installation_id", "is_ready", "lease_number", "locked_by", "locked_until", "max_attempts", "mongo_collection", "mongo_database", "output", "parent_job_id", "priority", "requested_by", "run_after", "started_at", "status", "task_queue", "temporal_run_id", "temporal_workflow_id", "updated_at", "workspace_id") on "public"."jobs" to "solitude_worker";
grant update ("attempt", "error", "finished_at", "lease_number", "locked_by", "locked_until", "run_after", "started_at", "status") on "public"."jobs" to "solitude_worker";

grant select ("active_installations", "average_rating", "listing_id", "review_count") on "public"."listing_stats" to "solitude_worker";

grant select ("agent_id", "agent_version_id", "billing", "category_id", "created_at", "created_by", "description", "document", "id", "language", "price", "published_at", "publisher_workspace_id", "search", "slug", "status", "summary", "suspended_at", "tags", "title", "updated_at", "visibility") on "public"."listings" to "solitude_worker";
grant update ("status") on "public"."listings" to "solitude_worker";

grant select ("agent_version_id", "id", "publisher_workspace_id", "settings", "workspace_id") on "public"."live_installations" to "solitude_worker";

grant select ("created_at", "email", "expires_at", "id", "role", "workspace_id") on "public"."live_invitations" to "solitude_worker";

grant select ("default_limits", "id") on "public"."live_workspaces" to "solitude_worker";

grant select ("author_id", "body", "created_at", "id", "installation_id", "listing_id", "rating", "replied_at", "reply", "status", "title", "updated_at", "workspace_id") on "public"."reviews" to "solitude_worker";
grant update ("replied_at", "reply", "status") on "public"."reviews" to "solitude_worker";

grant select ("description", "id", "is_enabled", "slug", "transport", "workspace_id") on "public"."tool_definitions" to "solitude_worker";

grant select ("endpoint", "id", "input_schema", "is_idempotent", "output_schema", "secret_ref", "timeout_seconds", "tool_id", "version", "workspace_id") on "public"."tool_versions" to "solitude_worker";

grant select ("avatar_url", "display_name", "user_id") on "public"."user_profiles" to "solitude_worker";

grant select ("id", "last_seen_at") on "public"."users" to "solitude_worker";

grant select ("joined_at", "role", "user_id", "workspace_id") on "public"."workspace_members" to "solitude_worker";

grant select ("cost_micros", "day", "workspace_id") on "public"."workspace_usage_daily" to "solitude_worker";

grant select ("archived_at", "created_at", "created_by", "default_limits", "id", "name", "plan", "region", "seat_limit", "slug", "updated_at") on "public"."workspaces" to "solitude_worker";

grant execute on function public.refresh_listing_stats() to "solitude_worker";
grant execute on function public.refresh_workspace_usage() to "solitude_worker";
grant execute on function public.seal_audit_trail() to "solitude_worker";
grant execute on function public.verify_audit_seals(bigint, bytea) to "solitude_worker";

commit;
