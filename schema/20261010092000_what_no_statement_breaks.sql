-- What queries kept by being written carefully is kept by the tables: whichever statement a service sends, these hold.

-- migrate:up

set local lock_timeout = '5s';

create function refuse_revival() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'what was revoked stays revoked'
    using errcode = 'check_violation', constraint = tg_table_name || '_revoked_check', table = tg_table_name;
end
$$;
comment on function refuse_revival() is 'Trigger: what was revoked stays revoked.';
revoke execute on function refuse_revival() from public;
create trigger refuse_revival after update of revoked_at on api_keys
  for each row when (old.revoked_at is not null and new.revoked_at is null) execute function refuse_revival();
create trigger refuse_revival after update of revoked_at on invitations
  for each row when (old.revoked_at is not null and new.revoked_at is null) execute function refuse_revival();

create function refuse_agent_without_its_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  agent uuid := to_jsonb(new) ->> tg_argv[0];
begin
  if exists (
    select from agents a
    left join agent_versions v on v.workspace_id = a.workspace_id and v.id = a.current_version_id
    where a.workspace_id = new.workspace_id and a.id = agent
      and (v.status = 'draft' or v.id is null and exists (
        select from agent_versions p
        where p.workspace_id = new.workspace_id and p.agent_id = agent and p.status = 'published'))
  ) then
    raise exception 'the current version of agent % is one that was published', agent
      using errcode = 'check_violation', constraint = 'agents_current_version_check';
  end if;
  return null;
end
$$;
comment on function refuse_agent_without_its_version() is
  'Trigger: an agent of which something is published has a current version, which is no draft.';
revoke execute on function refuse_agent_without_its_version() from public;
create constraint trigger refuse_agent_without_its_version after update of current_version_id on agents
  deferrable initially deferred for each row execute function refuse_agent_without_its_version('id');
create constraint trigger refuse_agent_without_its_version after update of status on agent_versions
  deferrable initially deferred for each row when (new.status = 'published')
  execute function refuse_agent_without_its_version('agent_id');

create function refuse_offer_of_draft() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from agent_versions v
    where v.workspace_id = new.publisher_workspace_id and v.id = new.agent_version_id and v.status = 'draft'
  ) then
    raise exception 'listing % offers a draft', new.id
      using errcode = 'check_violation', constraint = 'listings_version_check';
  end if;
  return null;
end
$$;
comment on function refuse_offer_of_draft() is 'Trigger: what is in the catalogue offers a version that was published.';
revoke execute on function refuse_offer_of_draft() from public;
create constraint trigger refuse_offer_of_draft after update of status, agent_version_id on listings
  deferrable initially deferred for each row when (new.status = 'published')
  execute function refuse_offer_of_draft();

-- An installation runs what its publisher wrote, with the publisher's secrets: it is of what is offered, and of nothing else.
create function refuse_installation_of_what_is_not_offered() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (
    select from listings l
    join agent_versions v
      on v.workspace_id = l.publisher_workspace_id and v.agent_id = l.agent_id and v.id = new.agent_version_id
    where l.id = new.listing_id and l.status = 'published' and v.status <> 'draft'
      and (l.visibility <> 'private' or l.publisher_workspace_id = new.workspace_id)
  ) then
    raise exception 'listing % does not offer version % to %', new.listing_id, new.agent_version_id, new.workspace_id
      using errcode = 'check_violation', constraint = 'installations_offer_check';
  end if;
  return null;
end
$$;
comment on function refuse_installation_of_what_is_not_offered() is
  'Trigger: what is installed is a published version of an agent that is offered to the workspace.';
revoke execute on function refuse_installation_of_what_is_not_offered() from public;
create trigger refuse_installation_of_what_is_not_offered after insert or update of listing_id, agent_version_id on installations
  for each row execute function refuse_installation_of_what_is_not_offered();

create function refuse_review_of_another_listing() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (
    select from installations i
    where i.workspace_id = new.workspace_id and i.id = new.installation_id and i.listing_id = new.listing_id
  ) then
    raise exception 'installation % is not of listing %', new.installation_id, new.listing_id
      using errcode = 'check_violation', constraint = 'reviews_installation_check';
  end if;
  return null;
end
$$;
comment on function refuse_review_of_another_listing() is 'Trigger: what is reviewed is what the workspace has installed.';
revoke execute on function refuse_review_of_another_listing() from public;
create trigger refuse_review_of_another_listing after insert or update of listing_id, installation_id on reviews
  for each row execute function refuse_review_of_another_listing();

create function refuse_change_of_ready_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from dataset_version_files d
    join dataset_versions v on v.workspace_id = d.workspace_id and v.id = d.dataset_version_id
    where d.workspace_id = new.workspace_id and d.file_id = new.id and v.status = 'ready'
  ) then
    raise exception 'file % is in a version that is ready', new.id
      using errcode = 'check_violation', constraint = 'files_ready_check';
  end if;
  return null;
end
$$;
comment on function refuse_change_of_ready_file() is 'Trigger: the bytes of a file stay what they were when a version with it became ready.';
revoke execute on function refuse_change_of_ready_file() from public;
create trigger refuse_change_of_ready_file after update of size_bytes, sha256 on files
  for each row when (old.size_bytes is distinct from new.size_bytes or old.sha256 is distinct from new.sha256)
  execute function refuse_change_of_ready_file();

create function refuse_approval_without_approvals() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from approval_request_steps s
    where s.workspace_id = new.workspace_id and s.request_id = new.id and s.required_approvals > (
      select count(*) from approval_decisions d
      where d.workspace_id = new.workspace_id and d.request_id = new.id and d.step_position = s.position
        and d.verdict = 'approved'
    )
  ) then
    raise exception 'request % has not the approvals that it needs', new.id
      using errcode = 'check_violation', constraint = 'approval_requests_approvals_check';
  end if;
  return null;
end
$$;
comment on function refuse_approval_without_approvals() is
  'Trigger: a request is approved when each of its steps has the approvals that it needs.';
revoke execute on function refuse_approval_without_approvals() from public;
create trigger refuse_approval_without_approvals after update of status on approval_requests
  for each row when (new.status = 'approved' and old.status <> 'approved')
  execute function refuse_approval_without_approvals();

create function refuse_attempt_without_lease() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'job % has had fewer leases than attempts', new.id
    using errcode = 'check_violation', constraint = 'jobs_lease_check';
end
$$;
comment on function refuse_attempt_without_lease() is 'Trigger: each attempt of a job has a lease.';
revoke execute on function refuse_attempt_without_lease() from public;
create trigger refuse_attempt_without_lease after update of attempt on jobs
  for each row when (new.attempt > old.attempt and new.attempt > new.lease_number)
  execute function refuse_attempt_without_lease();

-- The number goes up by one with each version, and each version is there: so it is their count.
create function count_versions() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  is_right boolean;
begin
  execute format(
    'select $1 <= p.latest_version and exists (select from %2$I v where v.workspace_id = p.workspace_id and v.%3$I = p.id '
    'and v.version = p.latest_version) from %1$I p where p.workspace_id = $2 and p.id = $3',
    tg_argv[0], tg_argv[1], tg_argv[2])
  into is_right
  using coalesce((to_jsonb(new) ->> 'version')::integer, 0), new.workspace_id,
    coalesce(to_jsonb(new) ->> tg_argv[2], to_jsonb(new) ->> 'id')::uuid;
  if not is_right or (tg_op = 'UPDATE' and (to_jsonb(new) ->> 'latest_version')::integer
    <> (to_jsonb(old) ->> 'latest_version')::integer + 1)
  then
    raise exception 'the latest version of % is not the number of its versions', tg_argv[0]
      using errcode = 'check_violation', constraint = tg_argv[0] || '_versions_check';
  end if;
  return null;
end
$$;
comment on function count_versions() is 'Trigger: the highest version that exists is the number of versions.';
revoke execute on function count_versions() from public;
create constraint trigger count_versions after update of latest_version on configurations
  deferrable initially deferred for each row when (old.latest_version <> new.latest_version)
  execute function count_versions('configurations', 'configuration_versions', 'configuration_id');
create constraint trigger count_versions after insert on configuration_versions
  deferrable initially deferred for each row
  execute function count_versions('configurations', 'configuration_versions', 'configuration_id');
create constraint trigger count_versions after update of latest_version on activity_schemas
  deferrable initially deferred for each row when (old.latest_version <> new.latest_version)
  execute function count_versions('activity_schemas', 'activity_schema_versions', 'activity_schema_id');
create constraint trigger count_versions after insert on activity_schema_versions
  deferrable initially deferred for each row
  execute function count_versions('activity_schemas', 'activity_schema_versions', 'activity_schema_id');

-- migrate:down

drop trigger count_versions on activity_schema_versions;
drop trigger count_versions on activity_schemas;
drop trigger count_versions on configuration_versions;
drop trigger count_versions on configurations;
drop function count_versions();
drop trigger refuse_attempt_without_lease on jobs;
drop function refuse_attempt_without_lease();
drop trigger refuse_approval_without_approvals on approval_requests;
drop function refuse_approval_without_approvals();
drop trigger refuse_change_of_ready_file on files;
drop function refuse_change_of_ready_file();
drop trigger refuse_review_of_another_listing on reviews;
drop function refuse_review_of_another_listing();
drop trigger refuse_installation_of_what_is_not_offered on installations;
drop function refuse_installation_of_what_is_not_offered();
drop trigger refuse_offer_of_draft on listings;
drop function refuse_offer_of_draft();
drop trigger refuse_agent_without_its_version on agent_versions;
drop trigger refuse_agent_without_its_version on agents;
drop function refuse_agent_without_its_version();
drop trigger refuse_revival on invitations;
drop trigger refuse_revival on api_keys;
drop function refuse_revival();
