-- migrate:up

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
comment on materialized view workspace_usage_daily is
  'What each workspace used on each day in UTC, as of the last refresh_workspace_usage().';

create unique index workspace_usage_daily_key on workspace_usage_daily (workspace_id, day);

create function refresh_workspace_usage() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  refresh materialized view concurrently workspace_usage_daily;
end
$$;
comment on function refresh_workspace_usage() is
  'Brings workspace_usage_daily up to date without blocking its readers.';
revoke execute on function refresh_workspace_usage() from public;

create view workspace_overview with (security_invoker = true) as
select
  w.id as workspace_id,
  w.slug,
  w.name,
  w.plan,
  (select count(*) from workspace_members m where m.workspace_id = w.id) as member_count,
  (select count(*) from agents a where a.workspace_id = w.id and a.archived_at is null) as agent_count,
  (
    select count(*) from installations i where i.workspace_id = w.id and i.status = 'active'
  ) as installation_count,
  (
    select count(*) from jobs j
    where j.workspace_id = w.id and j.status in ('queued', 'running', 'waiting_approval')
  ) as open_job_count,
  (
    select coalesce(sum(f.size_bytes), 0) from files f where f.workspace_id = w.id and f.status = 'stored'
  ) as stored_bytes,
  w.created_at
from workspaces w
where w.archived_at is null;
comment on view workspace_overview is 'The figures on the front page of a workspace.';

-- migrate:down

drop view workspace_overview;
drop function refresh_workspace_usage();
drop materialized view workspace_usage_daily;
