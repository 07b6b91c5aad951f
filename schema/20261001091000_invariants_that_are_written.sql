-- Invariants that span rows. A check that only reads is worth nothing while another transaction changes what it has
-- read, and a lock alone does not stop a snapshot that is older than it. So each check here *writes* the row that the
-- invariant is about, at the end of the transaction, and only then looks:
--   * in read committed the second of two waits there and sees what the first one did,
--   * in repeatable read and serializable the second one fails with 40001 and is to be run again,
--   * nobody waits before the other commits.
-- The row is written once in a transaction: `xmin` says whether it already was. What must hold is in
-- tests/solitude/invariants.sql, as queries that give no row.

-- migrate:up

-- Trigger functions look only where the migrations put things: nobody's temporary table comes before them.
alter function touch_updated_at() set search_path = public, pg_temp;
alter function refuse_published_version_change() set search_path = public, pg_temp;
alter function refuse_published_version_tool_change() set search_path = public, pg_temp;
alter function refuse_audit_log_change() set search_path = public, pg_temp;

-- Workspaces: an owner, and no more members than seats.

create or replace function refuse_ownerless_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update workspaces w set updated_at = now()
  where w.id = old.workspace_id and w.xmin <> pg_current_xact_id()::xid;
  if exists (select from workspaces where id = old.workspace_id) and not exists (
    select from workspace_members m
    join users u on u.id = m.user_id and u.status <> 'deleted'
    where m.workspace_id = old.workspace_id and m.role = 'owner'
  ) then
    raise exception 'workspace % must keep an owner', old.workspace_id
      using errcode = 'check_violation', constraint = 'workspace_members_owner_check';
  end if;
  return null;
end
$$;
revoke execute on function refuse_ownerless_workspace() from public;

create function refuse_member_too_many(workspace uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from workspaces w
    where w.id = workspace
      and (select count(*) from workspace_members m where m.workspace_id = w.id) > w.seat_limit
  ) then
    raise exception 'workspace % has no free seat', workspace
      using errcode = 'check_violation', constraint = 'workspaces_seats_check';
  end if;
end
$$;
comment on function refuse_member_too_many(uuid) is 'Refuses more members than the workspace has seats.';
revoke execute on function refuse_member_too_many(uuid) from public;

create function admit_workspace_member() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set updated_at = now()
  where u.id = new.user_id and u.status <> 'deleted' and u.xmin <> pg_current_xact_id()::xid;
  if exists (select from users u where u.id = new.user_id and u.status = 'deleted') and exists (
    select from workspace_members m where m.workspace_id = new.workspace_id and m.user_id = new.user_id
  ) then
    raise exception 'user % is deleted', new.user_id
      using errcode = 'check_violation', constraint = 'workspace_members_user_check';
  end if;
  update workspaces w set updated_at = now()
  where w.id = new.workspace_id and w.xmin <> pg_current_xact_id()::xid;
  perform refuse_member_too_many(new.workspace_id);
  return null;
end
$$;
comment on function admit_workspace_member() is
  'Trigger: a member is a user who is not deleted, and has a seat.';
revoke execute on function admit_workspace_member() from public;

create constraint trigger admit_workspace_member after insert on workspace_members
  deferrable initially deferred for each row execute function admit_workspace_member();

create function refuse_seat_limit_below_members() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform refuse_member_too_many(new.id);
  return null;
end
$$;
comment on function refuse_seat_limit_below_members() is 'Trigger: the seats are enough for the members.';
revoke execute on function refuse_seat_limit_below_members() from public;

create constraint trigger refuse_seat_limit_below_members after update of seat_limit on workspaces
  deferrable initially deferred for each row when (new.seat_limit is not null)
  execute function refuse_seat_limit_below_members();

create function end_memberships_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from workspace_members m where m.user_id = new.id;
  update api_keys k set revoked_at = now() where k.created_by = new.id and k.revoked_at is null;
  return null;
end
$$;
comment on function end_memberships_of_deleted_user() is
  'Trigger: a deleted user leaves every workspace, and the keys that they made end with them.';
revoke execute on function end_memberships_of_deleted_user() from public;

create trigger end_memberships_of_deleted_user after update of status on users
  for each row when (new.status = 'deleted' and old.status <> 'deleted')
  execute function end_memberships_of_deleted_user();

create function end_key_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set updated_at = now()
  where u.id = new.created_by and u.status <> 'deleted' and u.xmin <> pg_current_xact_id()::xid;
  update api_keys k set revoked_at = now()
  from users u
  where k.workspace_id = new.workspace_id and k.id = new.id and k.revoked_at is null
    and u.id = new.created_by and u.status = 'deleted';
  return null;
end
$$;
comment on function end_key_of_deleted_user() is
  'Trigger: a key that was made while its maker was being deleted ends with the others.';
revoke execute on function end_key_of_deleted_user() from public;

create constraint trigger end_key_of_deleted_user after insert on api_keys
  deferrable initially deferred for each row execute function end_key_of_deleted_user();

-- Credentials: the last way to sign in stays.

create function refuse_revoking_last_credential() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set updated_at = now() where u.id = new.user_id and u.xmin <> pg_current_xact_id()::xid;
  if exists (select from credentials c where c.id = new.id and c.revoked_at is not null) and not exists (
    select from credentials c
    where c.user_id = new.user_id and c.kind <> 'recovery_code' and c.revoked_at is null
  ) then
    raise exception 'user % must keep a way to sign in', new.user_id
      using errcode = 'check_violation', constraint = 'credentials_last_check';
  end if;
  return null;
end
$$;
comment on function refuse_revoking_last_credential() is 'Trigger: a user keeps one way to sign in.';
revoke execute on function refuse_revoking_last_credential() from public;

create constraint trigger refuse_revoking_last_credential after update of revoked_at on credentials
  deferrable initially deferred for each row
  when (old.revoked_at is null and new.revoked_at is not null and new.kind <> 'recovery_code')
  execute function refuse_revoking_last_credential();

-- Agents: what is published keeps its tools, and what is offered is not archived.

create function refuse_tool_change_of_published_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  link agent_version_tools := coalesce(new, old);
begin
  update agent_versions v set updated_at = now()
  where v.workspace_id = link.workspace_id and v.id = link.agent_version_id and v.status = 'draft'
    and v.xmin <> pg_current_xact_id()::xid;
  -- now() is when this transaction began: what it published itself, after the change, has these tools.
  if exists (
    select from agent_versions v
    where v.workspace_id = link.workspace_id and v.id = link.agent_version_id and v.status <> 'draft'
      and v.published_at <> now()
  ) then
    raise exception 'the tools of a published version cannot change'
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  return null;
end
$$;
comment on function refuse_tool_change_of_published_version() is
  'Trigger: refuses tools that were changed while the version was being published by somebody else.';
revoke execute on function refuse_tool_change_of_published_version() from public;

create constraint trigger refuse_tool_change_of_published_version
  after insert or update or delete on agent_version_tools
  deferrable initially deferred for each row execute function refuse_tool_change_of_published_version();

create function refuse_offer_of_archived_agent() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update agents a set updated_at = now()
  where a.workspace_id = new.publisher_workspace_id and a.id = new.agent_id
    and a.xmin <> pg_current_xact_id()::xid;
  if exists (
    select from listings l
    join agents a on a.workspace_id = l.publisher_workspace_id and a.id = l.agent_id
    where l.id = new.id and l.status <> 'withdrawn' and a.archived_at is not null
  ) then
    raise exception 'agent % is archived and cannot be offered', new.agent_id
      using errcode = 'check_violation', constraint = 'listings_agent_check';
  end if;
  return null;
end
$$;
comment on function refuse_offer_of_archived_agent() is 'Trigger: an archived agent is not offered.';
revoke execute on function refuse_offer_of_archived_agent() from public;

create constraint trigger refuse_offer_of_archived_agent after insert on listings
  deferrable initially deferred for each row execute function refuse_offer_of_archived_agent();

create function refuse_archiving_offered_agent() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from listings l
    where l.publisher_workspace_id = new.workspace_id and l.agent_id = new.id and l.status <> 'withdrawn'
  ) then
    raise exception 'agent % is offered and cannot be archived', new.id
      using errcode = 'check_violation', constraint = 'listings_agent_check';
  end if;
  return null;
end
$$;
comment on function refuse_archiving_offered_agent() is 'Trigger: an agent that is offered is not archived.';
revoke execute on function refuse_archiving_offered_agent() from public;

create constraint trigger refuse_archiving_offered_agent after update of archived_at on agents
  deferrable initially deferred for each row when (new.archived_at is not null)
  execute function refuse_archiving_offered_agent();

-- Datasets: a version that is ready holds what it held, and only files that are there.

create function refuse_change_of_finished_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from changed c
    join dataset_versions v on v.workspace_id = c.workspace_id and v.id = c.dataset_version_id
    where v.status <> 'building'
  ) then
    raise exception 'the files of a version that is not being built cannot change'
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  return null;
end
$$;
comment on function refuse_change_of_finished_version() is
  'Trigger: files come to a version, and leave it, while it is being built.';
revoke execute on function refuse_change_of_finished_version() from public;

create trigger refuse_adding_to_finished_version after insert on dataset_version_files
  referencing new table as changed for each statement execute function refuse_change_of_finished_version();
create trigger refuse_changing_finished_version after update on dataset_version_files
  referencing old table as changed for each statement execute function refuse_change_of_finished_version();
create trigger refuse_removing_from_finished_version after delete on dataset_version_files
  referencing old table as changed for each statement execute function refuse_change_of_finished_version();

create function hold_dataset_version_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  link dataset_version_files := coalesce(new, old);
begin
  update dataset_versions v set updated_at = now()
  where v.workspace_id = link.workspace_id and v.id = link.dataset_version_id and v.status = 'building'
    and v.xmin <> pg_current_xact_id()::xid;
  -- now() is when this transaction began: what it finished itself, after the change, has been counted right.
  if exists (
    select from dataset_versions v
    where v.workspace_id = link.workspace_id and v.id = link.dataset_version_id and v.status = 'ready'
      and v.ready_at <> now()
  ) then
    raise exception 'version % was finished meanwhile', link.dataset_version_id
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  if tg_op <> 'DELETE' then
    update files f set updated_at = now()
    where f.workspace_id = link.workspace_id and f.id = link.file_id
      and f.xmin <> pg_current_xact_id()::xid;
    if exists (
      select from dataset_version_files d
      join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
      where d.workspace_id = link.workspace_id and d.dataset_version_id = link.dataset_version_id
        and d.file_id = link.file_id and f.status = 'deleted'
    ) then
      raise exception 'file % is deleted', link.file_id
        using errcode = 'check_violation', constraint = 'dataset_version_files_file_check';
    end if;
  end if;
  return null;
end
$$;
comment on function hold_dataset_version_file() is
  'Trigger: keeps a file from being deleted, and its version from being finished, behind the back of this change.';
revoke execute on function hold_dataset_version_file() from public;

create constraint trigger hold_dataset_version_file after insert or update or delete on dataset_version_files
  deferrable initially deferred for each row execute function hold_dataset_version_file();

-- A row that is updated is locked before its triggers run, so this counts what others have committed.
create function total_dataset_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from dataset_version_files d
    join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
    where d.workspace_id = new.workspace_id and d.dataset_version_id = new.id and f.status <> 'stored'
  ) then
    raise exception 'version % has files that are not stored', new.id
      using errcode = 'check_violation', constraint = 'dataset_versions_files_check';
  end if;
  select coalesce(sum(d.record_count), 0), coalesce(sum(f.size_bytes), 0)
  into new.record_count, new.size_bytes
  from dataset_version_files d
  join files f on f.workspace_id = d.workspace_id and f.id = d.file_id
  where d.workspace_id = new.workspace_id and d.dataset_version_id = new.id;
  return new;
end
$$;
comment on function total_dataset_version() is
  'Trigger: a version becomes ready with the totals of its files, all of them stored.';
revoke execute on function total_dataset_version() from public;

create trigger total_dataset_version before update of status on dataset_versions
  for each row when (new.status = 'ready' and old.status <> 'ready')
  execute function total_dataset_version();

create function keep_dataset_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from dataset_version_files d where d.workspace_id = new.workspace_id and d.file_id = new.id
  ) then
    return null;
  end if;
  return new;
end
$$;
comment on function keep_dataset_file() is
  'Trigger: passes over the deletion of a file that a dataset uses, as DeleteFile and ExpireFiles do.';
revoke execute on function keep_dataset_file() from public;

create trigger keep_dataset_file before update of status on files
  for each row when (new.status = 'deleted' and old.status <> 'deleted')
  execute function keep_dataset_file();

-- Approvals: a decision counts for whoever counts after it.

create function note_approval_decision() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update approval_requests r set updated_at = now()
  where r.workspace_id = new.workspace_id and r.id = new.request_id
    and r.xmin <> pg_current_xact_id()::xid;
  return null;
end
$$;
comment on function note_approval_decision() is
  'Trigger: writes the request, so that no count of its decisions that began earlier can be stored.';
revoke execute on function note_approval_decision() from public;

create trigger note_approval_decision after insert on approval_decisions
  for each row execute function note_approval_decision();

-- Jobs: nothing waits for what is decided, and nothing runs below what is cancelled.

create function settle_waiting_job() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update approval_requests r set updated_at = now()
  where r.workspace_id = new.workspace_id and r.id = new.approval_request_id
    and r.xmin <> pg_current_xact_id()::xid;
  update jobs j
  set
    status = case when r.status = 'approved' then 'queued'::job_status else 'cancelled'::job_status end,
    attempt = greatest(j.attempt - 1, 0),
    run_after = now(),
    finished_at = case when r.status <> 'approved' then now() end,
    error = case when r.status <> 'approved' then 'approval ' || r.status end
  from approval_requests r
  where j.workspace_id = new.workspace_id and j.id = new.id and j.status = 'waiting_approval'
    and r.workspace_id = j.workspace_id and r.id = j.approval_request_id and r.status <> 'pending';
  return null;
end
$$;
comment on function settle_waiting_job() is
  'Trigger: a job that was suspended for an approval which was decided meanwhile goes on, or is cancelled.';
revoke execute on function settle_waiting_job() from public;

create constraint trigger settle_waiting_job after update of status on jobs
  deferrable initially deferred for each row when (new.status = 'waiting_approval')
  execute function settle_waiting_job();

create function cancel_born_child() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from jobs p
    where p.workspace_id = new.workspace_id and p.id = new.parent_job_id and p.status = 'cancelled'
  ) then
    new.status := 'cancelled';
    new.finished_at := now();
    new.locked_by := null;
    new.locked_until := null;
  end if;
  return new;
end
$$;
comment on function cancel_born_child() is 'Trigger: a child of a cancelled job is cancelled from the start.';
revoke execute on function cancel_born_child() from public;

create trigger cancel_born_child before insert on jobs
  for each row when (new.parent_job_id is not null) execute function cancel_born_child();

create function follow_parent_job() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update jobs p set updated_at = now()
  where p.workspace_id = new.workspace_id and p.id = new.parent_job_id
    and p.xmin <> pg_current_xact_id()::xid;
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null
  from jobs p
  where j.workspace_id = new.workspace_id and j.id = new.id
    and j.status in ('queued', 'running', 'waiting_approval')
    and p.workspace_id = j.workspace_id and p.id = j.parent_job_id and p.status = 'cancelled';
  return null;
end
$$;
comment on function follow_parent_job() is
  'Trigger: a child that was made while its parent was being cancelled is cancelled with it.';
revoke execute on function follow_parent_job() from public;

create constraint trigger follow_parent_job after insert on jobs
  deferrable initially deferred for each row when (new.parent_job_id is not null)
  execute function follow_parent_job();

create function cancel_children() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null
  where j.workspace_id = new.workspace_id and j.parent_job_id = new.id
    and j.status in ('queued', 'running', 'waiting_approval');
  return null;
end
$$;
comment on function cancel_children() is 'Trigger: with a job everything that it started is cancelled.';
revoke execute on function cancel_children() from public;

create trigger cancel_children after update of status on jobs
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function cancel_children();

-- The fence of a lease: a worker that comes back with the number of an earlier lease changes nothing, even when it is
-- the same worker that has the job again.
alter table jobs add column lease_number bigint not null default 0;
comment on column jobs.lease_number is
  'Counts the times that the job was picked up. Whoever runs it gives this number with each change.';

-- migrate:down

alter table jobs drop column lease_number;
drop trigger cancel_children on jobs;
drop function cancel_children();
drop trigger follow_parent_job on jobs;
drop function follow_parent_job();
drop trigger cancel_born_child on jobs;
drop function cancel_born_child();
drop trigger settle_waiting_job on jobs;
drop function settle_waiting_job();
drop trigger note_approval_decision on approval_decisions;
drop function note_approval_decision();
drop trigger keep_dataset_file on files;
drop function keep_dataset_file();
drop trigger total_dataset_version on dataset_versions;
drop function total_dataset_version();
drop trigger hold_dataset_version_file on dataset_version_files;
drop function hold_dataset_version_file();
drop trigger refuse_removing_from_finished_version on dataset_version_files;
drop trigger refuse_changing_finished_version on dataset_version_files;
drop trigger refuse_adding_to_finished_version on dataset_version_files;
drop function refuse_change_of_finished_version();
drop trigger refuse_archiving_offered_agent on agents;
drop function refuse_archiving_offered_agent();
drop trigger refuse_offer_of_archived_agent on listings;
drop function refuse_offer_of_archived_agent();
drop trigger refuse_tool_change_of_published_version on agent_version_tools;
drop function refuse_tool_change_of_published_version();
drop trigger refuse_revoking_last_credential on credentials;
drop function refuse_revoking_last_credential();
drop trigger end_key_of_deleted_user on api_keys;
drop function end_key_of_deleted_user();
drop trigger end_memberships_of_deleted_user on users;
drop function end_memberships_of_deleted_user();
drop trigger refuse_seat_limit_below_members on workspaces;
drop function refuse_seat_limit_below_members();
drop trigger admit_workspace_member on workspace_members;
drop function admit_workspace_member();
drop function refuse_member_too_many(uuid);

grant execute on function refuse_ownerless_workspace() to public;
create or replace function refuse_ownerless_workspace() returns trigger
language plpgsql as $$
begin
  perform from workspaces where id = old.workspace_id for update;
  if found and not exists (
    select from workspace_members where workspace_id = old.workspace_id and role = 'owner'
  ) then
    raise exception 'workspace % must keep an owner', old.workspace_id
      using errcode = 'check_violation', constraint = 'workspace_members_owner_check';
  end if;
  return null;
end
$$;

alter function touch_updated_at() reset search_path;
alter function refuse_published_version_change() reset search_path;
alter function refuse_published_version_tool_change() reset search_path;
alter function refuse_audit_log_change() reset search_path;
