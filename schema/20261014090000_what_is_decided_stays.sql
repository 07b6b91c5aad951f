-- What is decided stays so beside whoever writes at the same time, and whatever its owner does next: a request keeps the steps that it was
-- approved by, a version the bytes that it became ready with, and a suspended listing runs nowhere when its publisher withdraws it.

-- migrate:up

set local lock_timeout = '5s';

create function refuse_step_of_decided_request() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- Written, so that whoever decides the request at the same time comes before this or after it.
  update approval_requests r set updated_at = now()
  where r.workspace_id = new.workspace_id and r.id = new.request_id and r.status = 'pending'
    and r.xmin <> pg_current_xact_id()::xid;
  if exists (
    select from approval_requests r
    where r.workspace_id = new.workspace_id and r.id = new.request_id and r.status <> 'pending'
  ) then
    raise exception 'request % is decided', new.request_id
      using errcode = 'check_violation', constraint = 'approval_request_steps_decided_check';
  end if;
  return null;
end
$$;
comment on function refuse_step_of_decided_request() is
  'Trigger: a request that is decided gets no further step, and none of its steps needs other approvals.';
revoke execute on function refuse_step_of_decided_request() from public;
create trigger refuse_step_of_decided_request after insert or update of required_approvals on approval_request_steps
  for each row execute function refuse_step_of_decided_request();

create or replace function refuse_change_of_ready_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- Written, so that a version that becomes ready at the same time counts these bytes, or comes first.
  update dataset_versions v set updated_at = now()
  from dataset_version_files d
  where d.workspace_id = new.workspace_id and d.file_id = new.id
    and v.workspace_id = d.workspace_id and v.id = d.dataset_version_id and v.status = 'building'
    and v.xmin <> pg_current_xact_id()::xid;
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

alter table listings add column suspended_at timestamptz;
comment on column listings.suspended_at is
  'Since when the platform has it suspended. It stays where the publisher withdraws what is suspended, which then runs nowhere.';

create function note_suspension() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  new.suspended_at := case
    when new.status = 'suspended' or new.status = 'withdrawn' and old.status = 'suspended'
    then coalesce(old.suspended_at, now())
  end;
  return new;
end
$$;
comment on function note_suspension() is 'Trigger: a suspension ends when the listing is published again, and not when it is withdrawn.';
revoke execute on function note_suspension() from public;
create trigger note_suspension before update of status on listings
  for each row when (old.status <> new.status) execute function note_suspension();

create or replace view live_installations with (security_invoker = true) as
select
  i.workspace_id,
  i.id,
  i.listing_id,
  i.settings,
  l.publisher_workspace_id,
  case when i.auto_update then l.agent_version_id else i.agent_version_id end as agent_version_id
from installations i
join live_workspaces w on w.id = i.workspace_id
join listings l on l.id = i.listing_id
where i.status = 'active' and l.status in ('published', 'withdrawn') and l.suspended_at is null;

-- migrate:down

create or replace view live_installations with (security_invoker = true) as
select
  i.workspace_id,
  i.id,
  i.listing_id,
  i.settings,
  l.publisher_workspace_id,
  case when i.auto_update then l.agent_version_id else i.agent_version_id end as agent_version_id
from installations i
join live_workspaces w on w.id = i.workspace_id
join listings l on l.id = i.listing_id
where i.status = 'active' and l.status in ('published', 'withdrawn');
drop trigger note_suspension on listings;
drop function note_suspension();
alter table listings drop column suspended_at;
create or replace function refuse_change_of_ready_file() returns trigger
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
drop trigger refuse_step_of_decided_request on approval_request_steps;
drop function refuse_step_of_decided_request();
