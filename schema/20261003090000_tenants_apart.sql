-- Tenants are kept apart by the server. What solitude_app sees and changes in a tenant's table is of the workspace that
-- the setting solitude.workspace_id names, whichever query it is, and nothing where there is no such setting. The runtime
-- makes the setting for one statement or one transaction: `db.workspace(id)`.
--
-- What works across tenants by design (workers, schedulers, moderation, the doors through which one comes to a workspace)
-- is solitude_worker's: the queries that say `@role solitude_worker`. No login has both roles.
--
-- Owners of tables are not held by policies, and so neither are the trigger functions, which run as the owner.

-- migrate:up

do $$
begin
  if not exists (select from pg_roles where rolname = 'solitude_worker') then
    create role solitude_worker nologin;
  end if;
end
$$;
grant usage on schema public to solitude_worker;

-- An empty text is what is left of a setting after its transaction.
create function current_workspace_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('solitude.workspace_id', true), '')::uuid;
comment on function current_workspace_id() is 'The workspace whose scope this is; null outside of any.';

-- The one look-up before a scope is known. It gives nothing away but that a name is taken, which signing up shows too.
create function workspace_of_slug(slug text) returns uuid
language sql stable security definer set search_path = public, pg_temp as $$
  select w.id from live_workspaces l join workspaces w on w.id = l.id where w.slug = workspace_of_slug.slug
$$;
comment on function workspace_of_slug(text) is 'The id of the live workspace with this slug, or null.';
revoke execute on function workspace_of_slug(text) from public;

alter table workspaces enable row level security;
create policy tenant on workspaces to solitude_app
  using (id = current_workspace_id()) with check (id = current_workspace_id());
create policy across on workspaces to solitude_worker using (true) with check (true);
create policy reading on workspaces for select to solitude_readonly using (true);

-- What is or was offered to others can be read by them.
alter table listings enable row level security;
create policy tenant on listings to solitude_app
  using (publisher_workspace_id = current_workspace_id())
  with check (publisher_workspace_id = current_workspace_id());
create policy offered on listings for select to solitude_app
  using (visibility <> 'private' and status in ('published', 'suspended', 'withdrawn'));
create policy across on listings to solitude_worker using (true) with check (true);
create policy reading on listings for select to solitude_readonly using (true);

-- What belongs to no workspace, such as a sign-up, is written outside of any scope, under the nil UUID.
alter table audit_logs enable row level security;
create policy tenant on audit_logs to solitude_app
  using (workspace_id = coalesce(current_workspace_id(), '00000000-0000-0000-0000-000000000000'))
  with check (workspace_id = coalesce(current_workspace_id(), '00000000-0000-0000-0000-000000000000'));
create policy across on audit_logs to solitude_worker using (true) with check (true);
create policy reading on audit_logs for select to solitude_auditor using (true);
alter table audit_chain_heads enable row level security;
create policy tenant on audit_chain_heads for select to solitude_app
  using (workspace_id = coalesce(current_workspace_id(), '00000000-0000-0000-0000-000000000000'));
create policy across on audit_chain_heads for select to solitude_worker using (true);
create policy reading on audit_chain_heads for select to solitude_auditor using (true);

alter table workspace_roles enable row level security;
create policy tenant on workspace_roles to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_roles to solitude_worker using (true) with check (true);
create policy reading on workspace_roles for select to solitude_readonly using (true);
alter table workspace_members enable row level security;
create policy tenant on workspace_members to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_members to solitude_worker using (true) with check (true);
create policy reading on workspace_members for select to solitude_readonly using (true);
alter table invitations enable row level security;
create policy tenant on invitations to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on invitations to solitude_worker using (true) with check (true);
alter table api_keys enable row level security;
create policy tenant on api_keys to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on api_keys to solitude_worker using (true) with check (true);
alter table files enable row level security;
create policy tenant on files to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on files to solitude_worker using (true) with check (true);
create policy reading on files for select to solitude_readonly using (true);
alter table tool_definitions enable row level security;
create policy tenant on tool_definitions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on tool_definitions to solitude_worker using (true) with check (true);
create policy reading on tool_definitions for select to solitude_readonly using (true);
alter table tool_versions enable row level security;
create policy tenant on tool_versions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on tool_versions to solitude_worker using (true) with check (true);
create policy reading on tool_versions for select to solitude_readonly using (true);
alter table agents enable row level security;
create policy tenant on agents to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on agents to solitude_worker using (true) with check (true);
create policy reading on agents for select to solitude_readonly using (true);
alter table agent_versions enable row level security;
create policy tenant on agent_versions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on agent_versions to solitude_worker using (true) with check (true);
create policy reading on agent_versions for select to solitude_readonly using (true);
alter table agent_version_tools enable row level security;
create policy tenant on agent_version_tools to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on agent_version_tools to solitude_worker using (true) with check (true);
create policy reading on agent_version_tools for select to solitude_readonly using (true);
alter table datasets enable row level security;
create policy tenant on datasets to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on datasets to solitude_worker using (true) with check (true);
create policy reading on datasets for select to solitude_readonly using (true);
alter table dataset_versions enable row level security;
create policy tenant on dataset_versions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on dataset_versions to solitude_worker using (true) with check (true);
create policy reading on dataset_versions for select to solitude_readonly using (true);
alter table dataset_version_files enable row level security;
create policy tenant on dataset_version_files to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on dataset_version_files to solitude_worker using (true) with check (true);
create policy reading on dataset_version_files for select to solitude_readonly using (true);
alter table activity_schemas enable row level security;
create policy tenant on activity_schemas to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on activity_schemas to solitude_worker using (true) with check (true);
create policy reading on activity_schemas for select to solitude_readonly using (true);
alter table activity_schema_versions enable row level security;
create policy tenant on activity_schema_versions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on activity_schema_versions to solitude_worker using (true) with check (true);
create policy reading on activity_schema_versions for select to solitude_readonly using (true);
alter table installations enable row level security;
create policy tenant on installations to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on installations to solitude_worker using (true) with check (true);
create policy reading on installations for select to solitude_readonly using (true);
alter table reviews enable row level security;
create policy tenant on reviews to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on reviews to solitude_worker using (true) with check (true);
create policy reading on reviews for select to solitude_readonly using (true);
alter table approval_workflows enable row level security;
create policy tenant on approval_workflows to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on approval_workflows to solitude_worker using (true) with check (true);
create policy reading on approval_workflows for select to solitude_readonly using (true);
alter table approval_workflow_steps enable row level security;
create policy tenant on approval_workflow_steps to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on approval_workflow_steps to solitude_worker using (true) with check (true);
create policy reading on approval_workflow_steps for select to solitude_readonly using (true);
alter table approval_requests enable row level security;
create policy tenant on approval_requests to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on approval_requests to solitude_worker using (true) with check (true);
create policy reading on approval_requests for select to solitude_readonly using (true);
alter table approval_request_steps enable row level security;
create policy tenant on approval_request_steps to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on approval_request_steps to solitude_worker using (true) with check (true);
create policy reading on approval_request_steps for select to solitude_readonly using (true);
alter table approval_decisions enable row level security;
create policy tenant on approval_decisions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on approval_decisions to solitude_worker using (true) with check (true);
create policy reading on approval_decisions for select to solitude_readonly using (true);
alter table jobs enable row level security;
create policy tenant on jobs to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on jobs to solitude_worker using (true) with check (true);
create policy reading on jobs for select to solitude_readonly using (true);
alter table job_usage enable row level security;
create policy tenant on job_usage to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on job_usage to solitude_worker using (true) with check (true);
create policy reading on job_usage for select to solitude_readonly using (true);
alter table integrations enable row level security;
create policy tenant on integrations to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on integrations to solitude_worker using (true) with check (true);
create policy reading on integrations for select to solitude_readonly using (true);
alter table integration_sync_states enable row level security;
create policy tenant on integration_sync_states to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on integration_sync_states to solitude_worker using (true) with check (true);
create policy reading on integration_sync_states for select to solitude_readonly using (true);
alter table configurations enable row level security;
create policy tenant on configurations to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on configurations to solitude_worker using (true) with check (true);
create policy reading on configurations for select to solitude_readonly using (true);
alter table configuration_versions enable row level security;
create policy tenant on configuration_versions to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on configuration_versions to solitude_worker using (true) with check (true);
create policy reading on configuration_versions for select to solitude_readonly using (true);

-- A materialized view has no policies.
create view tenant_usage_daily with (security_barrier = true) as
select u.workspace_id, u.day, u.job_count, u.tokens, u.tool_calls, u.cost_micros
from workspace_usage_daily u
where u.workspace_id = current_workspace_id();
comment on view tenant_usage_daily is 'What the workspace of this scope used on each day.';

-- Whoever acts is whom the session says: an entry that names another is refused, and one that names nobody gets it.
create function bind_audit_actor() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  actor uuid := nullif(current_setting('solitude.actor_id', true), '')::uuid;
begin
  if new.actor_id <> actor then
    raise exception 'the session acts for %, not for %', actor, new.actor_id using errcode = 'insufficient_privilege';
  end if;
  if actor is not null and new.actor_kind <> 'system' then
    new.actor_id := actor;
  end if;
  return new;
end
$$;
comment on function bind_audit_actor() is
  'Trigger: the actor of an entry is the one of the setting solitude.actor_id, where there is one.';
revoke execute on function bind_audit_actor() from public;

-- Triggers run in the order of their names: this comes before the entry is hashed.
create trigger a_bind_audit_actor before insert on audit_logs
  for each row execute function bind_audit_actor();

-- migrate:down

drop trigger a_bind_audit_actor on audit_logs;
drop function bind_audit_actor();
drop view tenant_usage_daily;
drop policy tenant on workspace_roles;
drop policy across on workspace_roles;
drop policy reading on workspace_roles;
alter table workspace_roles disable row level security;
drop policy tenant on workspace_members;
drop policy across on workspace_members;
drop policy reading on workspace_members;
alter table workspace_members disable row level security;
drop policy tenant on invitations;
drop policy across on invitations;
alter table invitations disable row level security;
drop policy tenant on api_keys;
drop policy across on api_keys;
alter table api_keys disable row level security;
drop policy tenant on files;
drop policy across on files;
drop policy reading on files;
alter table files disable row level security;
drop policy tenant on tool_definitions;
drop policy across on tool_definitions;
drop policy reading on tool_definitions;
alter table tool_definitions disable row level security;
drop policy tenant on tool_versions;
drop policy across on tool_versions;
drop policy reading on tool_versions;
alter table tool_versions disable row level security;
drop policy tenant on agents;
drop policy across on agents;
drop policy reading on agents;
alter table agents disable row level security;
drop policy tenant on agent_versions;
drop policy across on agent_versions;
drop policy reading on agent_versions;
alter table agent_versions disable row level security;
drop policy tenant on agent_version_tools;
drop policy across on agent_version_tools;
drop policy reading on agent_version_tools;
alter table agent_version_tools disable row level security;
drop policy tenant on datasets;
drop policy across on datasets;
drop policy reading on datasets;
alter table datasets disable row level security;
drop policy tenant on dataset_versions;
drop policy across on dataset_versions;
drop policy reading on dataset_versions;
alter table dataset_versions disable row level security;
drop policy tenant on dataset_version_files;
drop policy across on dataset_version_files;
drop policy reading on dataset_version_files;
alter table dataset_version_files disable row level security;
drop policy tenant on activity_schemas;
drop policy across on activity_schemas;
drop policy reading on activity_schemas;
alter table activity_schemas disable row level security;
drop policy tenant on activity_schema_versions;
drop policy across on activity_schema_versions;
drop policy reading on activity_schema_versions;
alter table activity_schema_versions disable row level security;
drop policy tenant on installations;
drop policy across on installations;
drop policy reading on installations;
alter table installations disable row level security;
drop policy tenant on reviews;
drop policy across on reviews;
drop policy reading on reviews;
alter table reviews disable row level security;
drop policy tenant on approval_workflows;
drop policy across on approval_workflows;
drop policy reading on approval_workflows;
alter table approval_workflows disable row level security;
drop policy tenant on approval_workflow_steps;
drop policy across on approval_workflow_steps;
drop policy reading on approval_workflow_steps;
alter table approval_workflow_steps disable row level security;
drop policy tenant on approval_requests;
drop policy across on approval_requests;
drop policy reading on approval_requests;
alter table approval_requests disable row level security;
drop policy tenant on approval_request_steps;
drop policy across on approval_request_steps;
drop policy reading on approval_request_steps;
alter table approval_request_steps disable row level security;
drop policy tenant on approval_decisions;
drop policy across on approval_decisions;
drop policy reading on approval_decisions;
alter table approval_decisions disable row level security;
drop policy tenant on jobs;
drop policy across on jobs;
drop policy reading on jobs;
alter table jobs disable row level security;
drop policy tenant on job_usage;
drop policy across on job_usage;
drop policy reading on job_usage;
alter table job_usage disable row level security;
drop policy tenant on integrations;
drop policy across on integrations;
drop policy reading on integrations;
alter table integrations disable row level security;
drop policy tenant on integration_sync_states;
drop policy across on integration_sync_states;
drop policy reading on integration_sync_states;
alter table integration_sync_states disable row level security;
drop policy tenant on configurations;
drop policy across on configurations;
drop policy reading on configurations;
alter table configurations disable row level security;
drop policy tenant on configuration_versions;
drop policy across on configuration_versions;
drop policy reading on configuration_versions;
alter table configuration_versions disable row level security;
drop policy tenant on audit_chain_heads;
drop policy across on audit_chain_heads;
drop policy reading on audit_chain_heads;
alter table audit_chain_heads disable row level security;
drop policy tenant on audit_logs;
drop policy across on audit_logs;
drop policy reading on audit_logs;
alter table audit_logs disable row level security;
drop policy tenant on listings;
drop policy across on listings;
drop policy offered on listings;
drop policy reading on listings;
alter table listings disable row level security;
drop policy tenant on workspaces;
drop policy across on workspaces;
drop policy reading on workspaces;
alter table workspaces disable row level security;
drop function workspace_of_slug(text);
drop function current_workspace_id();
revoke all on all tables in schema public from solitude_worker;
revoke usage on schema public from solitude_worker;
