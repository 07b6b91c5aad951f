-- What each workspace used, by day, without reading again what was counted before: a change of usage notes its day, and
-- refresh_workspace_usage() counts the days that were noted.

-- migrate:up

set local lock_timeout = '5s';
drop view tenant_usage_daily;
drop materialized view workspace_usage_daily;

create table workspace_usage_daily (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  day date not null,
  job_count bigint not null,
  tokens numeric not null,
  tool_calls bigint not null,
  cost_micros numeric not null,
  primary key (workspace_id, day)
);
comment on table workspace_usage_daily is
  'What each workspace used on each day in UTC, as of the last refresh_workspace_usage().';

-- Without a key: what changes usage adds a row and waits for nobody.
create table workspace_usage_changes (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  day date not null
);
create index workspace_usage_changes_workspace_idx on workspace_usage_changes (workspace_id);
comment on table workspace_usage_changes is
  'Days whose usage has changed since the last refresh_workspace_usage(), once for each statement that changed it.';

alter table workspace_usage_daily enable row level security;
create policy tenant on workspace_usage_daily to solitude_app
  using (workspace_id = current_workspace_id()) with check (workspace_id = current_workspace_id());
create policy across on workspace_usage_daily to solitude_worker using (true) with check (true);
create policy reading on workspace_usage_daily for select to solitude_readonly using (true);
alter table workspace_usage_changes enable row level security;
grant select on workspace_usage_daily to solitude_readonly;

create view tenant_usage_daily with (security_barrier = true) as
select u.workspace_id, u.day, u.job_count, u.tokens, u.tool_calls, u.cost_micros
from workspace_usage_daily u
where u.workspace_id = current_workspace_id();
comment on view tenant_usage_daily is 'What the workspace of this scope used on each day.';

create function note_usage_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into workspace_usage_changes (workspace_id, day)
  select distinct u.workspace_id, (u.recorded_at at time zone 'UTC')::date from changed_usage u
  join workspaces w on w.id = u.workspace_id;
  return null;
end
$$;
comment on function note_usage_change() is 'Trigger: the days whose usage has changed are counted again; not of a workspace that is being erased.';
revoke execute on function note_usage_change() from public;

create trigger note_usage_insert after insert on job_usage
  referencing new table as changed_usage
  for each statement execute function note_usage_change();
create trigger note_usage_delete after delete on job_usage
  referencing old table as changed_usage
  for each statement execute function note_usage_change();

create or replace function refresh_workspace_usage() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- One at a time: what another run is counting is counted.
  if not pg_try_advisory_xact_lock(hashtext('refresh_workspace_usage')) then
    return;
  end if;
  with changed as (
    delete from workspace_usage_changes returning workspace_id, day
  ), counted as materialized (
    select d.workspace_id, d.day, u.*
    from (select distinct c.workspace_id, c.day from changed c) d
    cross join lateral (
      select
        count(*) as entries,
        count(distinct u.job_id) as job_count,
        coalesce(sum(u.quantity) filter (where u.kind in ('input_tokens', 'output_tokens')), 0) as tokens,
        count(*) filter (where u.kind = 'tool_call') as tool_calls,
        coalesce(sum(u.cost_micros), 0) as cost_micros
      from job_usage u
      where u.workspace_id = d.workspace_id
        and u.recorded_at >= d.day::timestamp at time zone 'UTC'
        and u.recorded_at < (d.day + 1)::timestamp at time zone 'UTC'
    ) u
  ), gone as (
    delete from workspace_usage_daily w
    using counted c
    where w.workspace_id = c.workspace_id and w.day = c.day and c.entries = 0
  )
  insert into workspace_usage_daily (workspace_id, day, job_count, tokens, tool_calls, cost_micros)
  select c.workspace_id, c.day, c.job_count, c.tokens, c.tool_calls, c.cost_micros from counted c where c.entries > 0
  on conflict (workspace_id, day) do update
  set job_count = excluded.job_count, tokens = excluded.tokens, tool_calls = excluded.tool_calls,
    cost_micros = excluded.cost_micros;
end
$$;
comment on function refresh_workspace_usage() is
  'Counts the usage of the days that have changed since the last time. Run twice at once, the second does nothing.';

-- migrate:down

drop trigger note_usage_insert on job_usage;
drop trigger note_usage_delete on job_usage;
drop function note_usage_change();
drop view tenant_usage_daily;
drop table workspace_usage_changes;
drop table workspace_usage_daily;
create materialized view workspace_usage_daily as
select
  u.workspace_id,
  (u.recorded_at at time zone 'UTC')::date as day,
  count(distinct u.job_id) as job_count,
  coalesce(sum(u.quantity) filter (where u.kind in ('input_tokens', 'output_tokens')), 0) as tokens,
  count(*) filter (where u.kind = 'tool_call') as tool_calls,
  sum(u.cost_micros) as cost_micros
from job_usage u
group by u.workspace_id, (u.recorded_at at time zone 'UTC')::date
with data;
create unique index workspace_usage_daily_key on workspace_usage_daily (workspace_id, day);
grant select on workspace_usage_daily to solitude_readonly;
create or replace function refresh_workspace_usage() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  refresh materialized view concurrently workspace_usage_daily;
end
$$;
create view tenant_usage_daily with (security_barrier = true) as
select u.workspace_id, u.day, u.job_count, u.tokens, u.tool_calls, u.cost_micros
from workspace_usage_daily u
where u.workspace_id = current_workspace_id();
