-- A workspace with something in every table, each time a new one: what the tests of Solitude's own data act on.
-- Gives the ids by the names that the queries' parameters have.

--
-- `people_only` leaves out what a workspace does: for tests of what people are and may.

create function make_world(people_only boolean default false) returns jsonb language plpgsql set search_path = public as $$
declare
  workspace uuid := gen_random_uuid();
  ada uuid := gen_random_uuid();
  bob uuid := gen_random_uuid();
  cleo uuid := gen_random_uuid();
  dan uuid := gen_random_uuid();
  eve uuid := gen_random_uuid();
  tag text := substr(md5(workspace::text), 1, 12);
  hash text := '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2g';
  password uuid := gen_random_uuid();
  passkey uuid := gen_random_uuid();
  session uuid := gen_random_uuid();
  role_id uuid := gen_random_uuid();
  dans_invitation uuid := gen_random_uuid();
  eves_invitation uuid := gen_random_uuid();
  api_key uuid := gen_random_uuid();
  stored_file uuid := gen_random_uuid();
  other_file uuid := gen_random_uuid();
  pending_file uuid := gen_random_uuid();
  tool uuid := gen_random_uuid();
  tool_version uuid := gen_random_uuid();
  other_tool_version uuid := gen_random_uuid();
  agent uuid := gen_random_uuid();
  published uuid := gen_random_uuid();
  draft uuid := gen_random_uuid();
  spare_agent uuid := gen_random_uuid();
  spare_version uuid := gen_random_uuid();
  dataset uuid := gen_random_uuid();
  dataset_version uuid := gen_random_uuid();
  activity_schema uuid := gen_random_uuid();
  category integer;
  listing uuid := gen_random_uuid();
  installation uuid := gen_random_uuid();
  review uuid := gen_random_uuid();
  workflow uuid := gen_random_uuid();
  decided_request uuid := gen_random_uuid();
  open_request uuid := gen_random_uuid();
  parent uuid := gen_random_uuid();
  child uuid := gen_random_uuid();
  running uuid := gen_random_uuid();
  silent uuid := gen_random_uuid();
  waiting uuid := gen_random_uuid();
  spare_job uuid := gen_random_uuid();
  integration uuid := gen_random_uuid();
  configuration uuid := gen_random_uuid();
begin
  insert into users (id, email, status, email_verified_at)
  select id, name || '.' || tag || '@example.com', 'active', now()
  from (values (ada, 'ada'), (bob, 'bob'), (cleo, 'cleo'), (dan, 'dan'), (eve, 'eve')) as u (id, name);
  insert into user_profiles (user_id, display_name, bio)
  values (ada, 'Ada', 'counts'), (bob, 'Bob', null), (cleo, 'Cleo', null), (dan, 'Dan', null);
  insert into credentials (id, user_id, kind, secret_hash) values (password, ada, 'password', hash);
  insert into credentials (id, user_id, kind, subject, public_key, sign_count)
  values (passkey, ada, 'webauthn', 'key ' || tag, '\x01', 5);
  insert into credentials (user_id, kind, secret_hash) values (ada, 'recovery_code', hash);
  insert into sessions (id, user_id, token_hash, expires_at)
  values (session, ada, text_sha256('session ' || tag), now() + interval '1 day');
  insert into user_tokens (token_hash, user_id, purpose, expires_at)
  values (text_sha256('link ' || tag), ada, 'reset_password', now() + interval '1 hour');

  -- Where the tables are on many nodes.
  if to_regclass('workspace_slugs') is not null then
    insert into workspace_slugs (slug, workspace_id) values ('w' || tag, workspace);
    insert into listing_reviewers (listing_id, author_id, workspace_id) values (listing, dan, workspace);
  end if;
  insert into workspaces (id, slug, name, plan, seat_limit, created_by)
  values (workspace, 'w' || tag, 'Workspace', 'team', 4, ada);
  insert into workspace_roles (workspace_id, id, name, permissions)
  values (workspace, role_id, 'Reader of audits', array['audit.read']);
  insert into workspace_members (workspace_id, user_id, role, custom_role_id)
  values (workspace, ada, 'owner', null), (workspace, bob, 'owner', null), (workspace, cleo, 'admin', role_id);
  insert into invitations (workspace_id, id, email, token_hash, invited_by)
  select workspace, i.id, u.email, text_sha256(i.name || ' ' || tag), ada
  from (values (dans_invitation, dan, 'dan'), (eves_invitation, eve, 'eve')) as i (id, user_id, name)
  join users u on u.id = i.user_id;
  insert into api_keys (workspace_id, id, name, prefix, key_hash, scopes, created_by, expires_at)
  values (workspace, api_key, 'key', 'sol_abcd', text_sha256('key ' || tag), array['jobs.run'], ada, now() + interval '30 days');

  if not people_only then
    insert into files (workspace_id, id, bucket, object_key, name, size_bytes, sha256, status, uploaded_by, expires_at)
    values (workspace, stored_file, 'b', 'stored', 'stored.csv', 10, text_sha256('stored'), 'stored', ada, null),
      (workspace, other_file, 'b', 'other', 'other.csv', 20, text_sha256('other'), 'stored', ada, now() - interval '1 day'),
      (workspace, pending_file, 'b', 'pending', 'pending.csv', null, null, 'pending', ada, null);
    insert into tool_definitions (workspace_id, id, slug, name, transport, tags, created_by)
    values (workspace, tool, 'tool', 'Tool', 'http', array['mail'], ada);
    insert into tool_versions (workspace_id, id, tool_id, version, input_schema, endpoint, secret_ref, created_by)
    values (workspace, tool_version, tool, 1, '{}', 'https://tool.example', 'vault://tool/1', ada),
      (workspace, other_tool_version, tool, 2, '{}', 'https://tool.example', 'vault://tool/2', ada);
    insert into agents (workspace_id, id, slug, name, status, created_by)
    values (workspace, agent, 'agent', 'Agent', 'draft', ada), (workspace, spare_agent, 'spare', 'Spare', 'draft', ada);
    insert into agent_versions (workspace_id, id, agent_id, version, model, instructions, created_by)
    values (workspace, published, agent, '1.0.0', 'm', 'Be kind.', ada), (workspace, draft, agent, '1.1.0', 'm', 'Be kinder.', ada),
      (workspace, spare_version, spare_agent, '1.0.0', 'm', 'Wait.', ada);
    insert into agent_version_tools (workspace_id, agent_version_id, tool_version_id)
    values (workspace, published, tool_version), (workspace, draft, tool_version);
    update agent_versions set status = 'published', published_at = now()
    where workspace_id = workspace and id in (published, spare_version);
    update agents set status = 'active', current_version_id = case when id = agent then published else spare_version end
    where workspace_id = workspace and id in (agent, spare_agent);

    insert into datasets (workspace_id, id, slug, name, tags, created_by)
    values (workspace, dataset, 'data', 'Data', array['mail'], ada);
    insert into dataset_versions (workspace_id, id, dataset_id, version, created_by)
    values (workspace, dataset_version, dataset, 1, ada);
    insert into dataset_version_files (workspace_id, dataset_version_id, file_id, position, record_count)
    values (workspace, dataset_version, stored_file, 1, 100);
    insert into activity_schemas (workspace_id, id, slug, name, latest_version, created_by)
    values (workspace, activity_schema, 'letters', 'Letters', 1, ada);
    insert into activity_schema_versions (workspace_id, activity_schema_id, version, json_schema, checksum, created_by)
    values (workspace, activity_schema, 1, '{}', text_sha256('{}'), ada);

    insert into categories (slug, name) values ('c' || tag, 'Category') returning id into category;
    insert into listings (
      id, publisher_workspace_id, agent_id, agent_version_id, category_id, slug, title, summary, status, published_at, created_by
    )
    values (listing, workspace, agent, published, category, 'l' || tag, 'Listing', 'It helps', 'published', now(), ada);
    insert into installations (workspace_id, id, listing_id, agent_version_id, installed_by)
    values (workspace, installation, listing, published, cleo);
    insert into reviews (workspace_id, id, listing_id, installation_id, author_id, rating, body)
    values (workspace, review, listing, installation, dan, 4, 'Good');

    insert into approval_workflows (workspace_id, id, slug, name, subject_kind, created_by)
    values (workspace, workflow, 'flow', 'Flow', 'job', ada);
    insert into approval_workflow_steps (workspace_id, workflow_id, position, name, required_approvals)
    values (workspace, workflow, 1, 'Peers', 1);
    insert into approval_requests (workspace_id, id, workflow_id, subject_kind, subject_id, title, requested_by)
    values (workspace, decided_request, workflow, 'job', running, 'Run', ada),
      (workspace, open_request, workflow, 'job', waiting, 'Go on', ada);
    insert into approval_request_steps (
      workspace_id, request_id, position, name, approver_role, approver_ids, required_approvals
    )
    values (workspace, decided_request, 1, 'Peers', 'admin', '{}', 1), (workspace, open_request, 1, 'Peers', 'admin', '{}', 2);
    insert into approval_decisions (workspace_id, request_id, step_position, decided_by, verdict)
    values (workspace, decided_request, 1, cleo, 'approved');

    insert into jobs (workspace_id, id, agent_version_id, parent_job_id, task_queue, status, attempt, lease_number, locked_by, locked_until, started_at, approval_request_id)
    values
      (workspace, parent, published, null, 'q' || tag, 'queued', 0, 0, null, null, null, null),
      (workspace, child, published, parent, 'q' || tag, 'queued', 0, 0, null, null, null, null),
      (workspace, running, published, null, 'q' || tag, 'running', 1, 1, 'w', now() + interval '1 hour', now(), null),
      (workspace, silent, published, null, 'q' || tag, 'running', 1, 1, 'w', now() - interval '1 hour', now(), null),
      (workspace, waiting, published, null, 'q' || tag, 'waiting_approval', 1, 1, null, null, now(), open_request),
      (workspace, spare_job, published, null, 'spare ' || tag, 'queued', 0, 0, null, null, null, null);
    insert into job_usage (workspace_id, job_id, kind, model, quantity, cost_micros)
    values (workspace, running, 'input_tokens', 'm', 100, 5);
    insert into integrations (workspace_id, id, provider, name, secret_ref, connected_by, status, token_expires_at)
    values (workspace, integration, 'slack', 'Slack', 'vault://slack', ada, 'connected', now() + interval '1 minute');
    insert into integration_sync_states (workspace_id, integration_id, resource) values (workspace, integration, 'mail');
    insert into configurations (workspace_id, id, key, latest_version, current_version)
    values (workspace, configuration, 'jobs.days', 1, 1);
    insert into configuration_versions (workspace_id, configuration_id, version, value, created_by)
    values (workspace, configuration, 1, '30', ada);
  end if;
  insert into audit_logs (workspace_id, actor_kind, actor_id, action, target_kind, target_id)
  values (workspace, 'user', ada, 'workspace.created', 'workspace', workspace::text);

  return jsonb_build_object(
    'tag', tag, 'workspace', workspace, 'ada', ada, 'bob', bob, 'cleo', cleo, 'dan', dan, 'eve', eve,
    'password', password, 'passkey', passkey, 'session', session, 'role', role_id,
    'dans_invitation', dans_invitation, 'eves_invitation', eves_invitation, 'api_key', api_key,
    'stored_file', stored_file, 'other_file', other_file, 'pending_file', pending_file,
    'tool', tool, 'tool_version', tool_version, 'other_tool_version', other_tool_version,
    'agent', agent, 'published', published, 'draft', draft, 'spare_agent', spare_agent, 'spare_version', spare_version,
    'dataset', dataset, 'dataset_version', dataset_version, 'activity_schema', activity_schema,
    'category', category, 'listing', listing, 'installation', installation, 'review', review,
    'workflow', workflow, 'decided_request', decided_request, 'open_request', open_request,
    'parent', parent, 'child', child, 'running', running, 'silent', silent, 'waiting', waiting, 'spare_job', spare_job,
    'integration', integration, 'configuration', configuration
  );
end
$$;
