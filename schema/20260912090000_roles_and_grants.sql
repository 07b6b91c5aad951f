-- Who may do what. The migrations run as the owner of the tables; the services never do. The roles here
-- cannot sign in: give each service a login role that is a member of the one that it needs.
--
--   solitude_app       the platform's services
--   solitude_readonly  analytics and support: everything but authentication and the audit trail
--   solitude_auditor   the audit trail, and who the people in it are
--   solitude_ops       scheduled maintenance: partitions and refreshes

-- migrate:up

do $$
declare
  role text;
begin
  foreach role in array array['solitude_app', 'solitude_readonly', 'solitude_auditor', 'solitude_ops'] loop
    if not exists (select from pg_roles where rolname = role) then
      execute format('create role %I nologin', role);
    end if;
  end loop;
end
$$;

grant usage on schema public to solitude_app, solitude_readonly, solitude_auditor, solitude_ops;

-- What the application may do follows from its queries: `solitude-gen grants` writes it to roles/solitude_app.sql,
-- which is applied after the migrations. Here stands what follows from no query.
grant select on audit_logs, audit_chain_heads, audit_chain_entries to solitude_auditor;

grant select on
  workspace_directory, current_agents, effective_configurations, workspace_overview,
  listing_stats, workspace_usage_daily
to solitude_readonly;

grant select on
  users, user_profiles, workspaces, workspace_roles, workspace_members,
  files, tool_definitions, tool_versions, agents, agent_versions, agent_version_tools,
  datasets, dataset_versions, dataset_version_files, activity_schemas, activity_schema_versions,
  categories, listings, installations, reviews,
  approval_workflows, approval_workflow_steps, approval_requests, approval_request_steps, approval_decisions,
  jobs, job_usage, integrations, integration_sync_states, configurations, configuration_versions
to solitude_readonly;

grant select on users, user_profiles to solitude_auditor;

grant execute on function refresh_listing_stats(), refresh_workspace_usage() to solitude_ops;
grant execute on function create_audit_log_partitions(date, integer) to solitude_ops;

-- Rights that default privileges may have given, on the trail and on each of its partitions.
revoke update, delete, truncate, references, trigger on audit_logs, audit_chain_heads
  from public, solitude_app, solitude_readonly, solitude_auditor, solitude_ops;
revoke insert on audit_chain_heads from public, solitude_app, solitude_readonly, solitude_auditor,
solitude_ops;
select seal_audit_log_partition(inhrelid::regclass) from pg_inherits where inhparent = 'audit_logs'::regclass;

-- migrate:down

revoke all on all tables in schema public
  from solitude_app, solitude_readonly, solitude_auditor, solitude_ops;
revoke all on all functions in schema public
  from solitude_app, solitude_readonly, solitude_auditor, solitude_ops;
revoke usage on schema public from solitude_app, solitude_readonly, solitude_auditor, solitude_ops;

do $$
declare
  role text;
begin
  foreach role in array array['solitude_app', 'solitude_readonly', 'solitude_auditor', 'solitude_ops'] loop
    begin
      execute format('drop role if exists %I', role);
    exception when dependent_objects_still_exist then
      -- Roles belong to the whole server, and another database there may use this one.
      raise notice 'role % is still in use and stays', role;
    end;
  end loop;
end
$$;
