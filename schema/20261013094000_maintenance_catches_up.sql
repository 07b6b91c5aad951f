-- The maintenance catches up: with more than a portion of what has expired, and with whoever was deleted while it did not run.

-- migrate:up

set local lock_timeout = '5s';

-- What has expired goes in portions, until there is none or five minutes are over.
create or replace function run_maintenance(task text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  began timestamptz := clock_timestamp();
  done bigint := 0;
  more bigint;
  portion constant integer := 10000;
  patience constant interval := '5 minutes';
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
      loop
        delete from sessions s where s.id in (
          select e.id from sessions e where e.expires_at < now() - interval '30 days' order by e.expires_at limit portion
        );
        get diagnostics more = row_count;
        done := done + more;
        exit when more < portion or clock_timestamp() > began + patience;
      end loop;
    when 'links' then
      loop
        delete from user_tokens t where t.token_hash in (
          select e.token_hash from user_tokens e where e.expires_at < now() - interval '1 day' limit portion
        );
        get diagnostics more = row_count;
        done := done + more;
        exit when more < portion or clock_timestamp() > began + patience;
      end loop;
      loop
        delete from sign_in_challenges c where c.challenge_hash in (
          select e.challenge_hash from sign_in_challenges e where e.expires_at < now() limit portion
        );
        get diagnostics more = row_count;
        done := done + more;
        exit when more < portion or clock_timestamp() > began + patience;
      end loop;
    when 'outbox' then
      select count(*) into done from job_document_outbox o where o.created_at < now() - interval '1 hour';
    when 'erasures' then
      select coalesce(sum(erase_person(u.id)), 0) into done
      from users u
      where u.status = 'deleted' and u.deleted_at > coalesce(
        (select r.finished_at from maintenance_runs r where r.task = run_maintenance.task), '-infinity'
      ) - interval '1 day';
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

-- migrate:down

create or replace function run_maintenance(task text) returns bigint
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
    when 'erasures' then
      select coalesce(sum(erase_person(u.id)), 0) into done
      from users u
      where u.status = 'deleted' and u.deleted_at > now() - interval '1 day';
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
