-- What has to happen again and again, as one list: `select task from maintenance_tasks()`, and run_maintenance(task) for
-- each in a transaction of its own. It is safe to run at any time, and twice at once.

-- migrate:up

create table maintenance_runs (
  task text primary key,
  finished_at timestamptz not null,
  took interval not null,
  result bigint
);
comment on table maintenance_runs is 'When each task of the maintenance succeeded last, how long it took and what it gave.';

create function maintenance_tasks() returns table (task text, every interval, meaning text)
language sql immutable parallel safe
begin atomic
  select t.task, t.every, t.meaning
  from (
    values
      (1, 'audit_partitions', interval '1 day', 'partitions of the trail made, for this month and the next three'),
      (2, 'audit_seal', interval '1 hour', 'the number of the seal over all chains; to be signed'),
      (3, 'usage', interval '5 minutes', 'days whose usage was counted again'),
      (4, 'storage', interval '5 minutes', 'sums of what is stored that changed'),
      (5, 'catalogue', interval '15 minutes', 'listings with figures'),
      (6, 'sessions', interval '1 day', 'sessions deleted that ended 30 days ago'),
      (7, 'links', interval '1 hour', 'links and challenges deleted that can no longer be used'),
      (8, 'outbox', interval '5 minutes', 'changes of documents that nobody has delivered for an hour: look for the worker')
  ) t (place, task, every, meaning)
  order by t.place;
end;
comment on function maintenance_tasks() is 'What has to be done, in this order, how often at least, and what its result counts.';

create function run_maintenance(task text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  began timestamptz := clock_timestamp();
  done bigint;
  more bigint;
begin
  -- Who comes second leaves it to whoever is at it.
  if not pg_try_advisory_xact_lock(hashtext('solitude maintenance'), hashtext(task)) then
    return null;
  end if;
  case task
    when 'audit_partitions' then
      done := create_audit_log_partitions(current_date, 4);
    when 'audit_seal' then
      done := seal_audit_trail();
    when 'usage' then
      select count(distinct (c.workspace_id, c.day)) into done from workspace_usage_changes c;
      perform refresh_workspace_usage();
    when 'storage' then
      done := merge_workspace_storage();
    when 'catalogue' then
      perform refresh_listing_stats();
      select count(*) into done from listing_stats;
    when 'sessions' then
      delete from sessions s where s.id in (
        select e.id from sessions e where e.expires_at < now() - interval '30 days' order by e.expires_at limit 10000
      );
      get diagnostics done = row_count;
    when 'links' then
      delete from user_tokens t where t.token_hash in (
        select e.token_hash from user_tokens e where e.expires_at < now() - interval '1 day' limit 10000
      );
      get diagnostics done = row_count;
      delete from sign_in_challenges c where c.challenge_hash in (
        select e.challenge_hash from sign_in_challenges e where e.expires_at < now() limit 10000
      );
      get diagnostics more = row_count;
      done := done + more;
    when 'outbox' then
      select count(*) into done from job_document_outbox o where o.created_at < now() - interval '1 hour';
    else
      raise exception 'there is no maintenance task %', task using errcode = 'invalid_parameter_value';
  end case;
  insert into maintenance_runs as r (task, finished_at, took, result)
  values (run_maintenance.task, clock_timestamp(), clock_timestamp() - began, done)
  on conflict on constraint maintenance_runs_pkey do update
  set finished_at = excluded.finished_at, took = excluded.took, result = excluded.result;
  return done;
end
$$;
comment on function run_maintenance(text) is
  'Does one task of maintenance_tasks(), and gives its result; null where another run is at it.';

create view maintenance_due as
select t.task, t.every, t.meaning, r.finished_at, r.took, r.result,
  r.finished_at is null or r.finished_at < now() - 2 * t.every as is_late
from maintenance_tasks() t
left join maintenance_runs r on r.task = t.task;
comment on view maintenance_due is 'Every task with its last success; late is what was missed twice.';

revoke execute on function run_maintenance(text) from public;
grant execute on function maintenance_tasks(), run_maintenance(text) to solitude_ops;
grant select on maintenance_runs, maintenance_due to solitude_ops, solitude_readonly;

-- migrate:down

drop view maintenance_due;
drop function run_maintenance(text);
drop function maintenance_tasks();
drop table maintenance_runs;
