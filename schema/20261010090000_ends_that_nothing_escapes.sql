-- What ends with a workspace or a person ends, too, where it was begun at the same moment. Whoever begins something locks the
-- row whose end would end it, so that the end waits, and then finds what was begun; whoever comes second finds the end.

-- migrate:up

set local lock_timeout = '5s';

-- Temporary tables are looked for before all others by whoever sets no path, and no service needs one.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- Shared: what begins in a workspace waits for its archiving alone, and for nothing that begins beside it.
create or replace function refuse_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  workspace uuid;
  archived timestamptz;
begin
  if tg_argv[0] = 'publisher' then
    workspace := new.publisher_workspace_id;
  else
    workspace := new.workspace_id;
  end if;
  select w.archived_at into archived from workspaces w where w.id = workspace for share;
  if archived is not null then
    raise exception 'workspace % is archived', workspace
      using errcode = 'check_violation', constraint = 'workspaces_archived_check';
  end if;
  return new;
end
$$;

create or replace function end_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- What began after an older snapshot is not in it.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a workspace is archived in read committed'
      using errcode = 'invalid_transaction_state', hint = 'Another level does not see what has just begun.';
  end if;
  update api_keys k set revoked_at = now() where k.workspace_id = new.id and k.revoked_at is null;
  update invitations i set revoked_at = now()
  where i.workspace_id = new.id and i.accepted_at is null and i.revoked_at is null;
  update approval_requests r set status = 'cancelled', completed_at = now()
  where r.workspace_id = new.id and r.status = 'pending';
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null,
    error = 'workspace archived'
  where j.workspace_id = new.id and j.status in ('queued', 'running', 'waiting_approval');
  update listings l set status = 'withdrawn'
  where l.publisher_workspace_id = new.id and l.status <> 'withdrawn';
  return null;
end
$$;

create function refuse_row_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person uuid := to_jsonb(new) ->> tg_argv[0];
  is_gone boolean;
begin
  select u.status = 'deleted' into is_gone from users u where u.id = person for share;
  if is_gone then
    raise exception 'user % is deleted', person
      using errcode = 'check_violation', constraint = 'users_deleted_check', table = tg_table_name;
  end if;
  return null;
end
$$;
comment on function refuse_row_of_deleted_user() is
  'Trigger: nothing comes to a deleted user, also not from somebody who began before the deletion was there.';
revoke execute on function refuse_row_of_deleted_user() from public;

create trigger refuse_row_of_deleted_user after insert on sessions
  for each row execute function refuse_row_of_deleted_user('user_id');
create trigger refuse_row_of_deleted_user after insert on credentials
  for each row execute function refuse_row_of_deleted_user('user_id');
create trigger refuse_row_of_deleted_user after insert on user_tokens
  for each row execute function refuse_row_of_deleted_user('user_id');
create trigger refuse_row_of_deleted_user after insert on sign_in_challenges
  for each row when (new.user_id is not null) execute function refuse_row_of_deleted_user('user_id');
create trigger refuse_row_of_deleted_user after insert on user_profiles
  for each row execute function refuse_row_of_deleted_user('user_id');
-- The erasure itself is the one change that a profile of somebody deleted takes.
create trigger refuse_change_of_deleted_profile after update on user_profiles
  for each row when (new.display_name <> 'Deleted user' or new.headline is not null or new.bio is not null
    or new.avatar_url is not null or new.links <> '{}' or new.preferences <> '{}')
  execute function refuse_row_of_deleted_user('user_id');
create trigger refuse_row_of_deleted_user after insert on reviews
  for each row execute function refuse_row_of_deleted_user('author_id');
create trigger refuse_change_of_deleted_author after update of title, body on reviews
  for each row when (new.title is not null or new.body <> '')
  execute function refuse_row_of_deleted_user('author_id');

create function erase_person(person uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  changed bigint := 0;
  more bigint;
begin
  delete from credentials c where c.user_id = person;
  get diagnostics more = row_count;
  changed := changed + more;
  delete from sessions s where s.user_id = person;
  get diagnostics more = row_count;
  changed := changed + more;
  delete from user_tokens t where t.user_id = person;
  get diagnostics more = row_count;
  changed := changed + more;
  delete from sign_in_challenges c where c.user_id = person;
  get diagnostics more = row_count;
  changed := changed + more;
  update user_profiles p
  set display_name = 'Deleted user', headline = null, bio = null, avatar_url = null, links = '{}', preferences = '{}',
    locale = 'en', time_zone = 'UTC'
  where p.user_id = person and (p.display_name, p.headline, p.bio, p.avatar_url, p.links, p.preferences, p.locale, p.time_zone)
    is distinct from ('Deleted user', null, null, null, '{}', '{}', 'en', 'UTC');
  get diagnostics more = row_count;
  changed := changed + more;
  update reviews r set title = null, body = '' where r.author_id = person and (r.title is not null or r.body <> '');
  get diagnostics more = row_count;
  changed := changed + more;
  update audit_logs l
  set target_id = (e.entry).target_id, details = (e.entry).details, ip_address = (e.entry).ip_address,
    target_key = (e.entry).target_key, details_key = (e.entry).details_key, address_key = (e.entry).address_key
  from (
    select erase_of_audit_log(a, p.is_actor) as entry
    from (
      select p.workspace_id, p.occurred_at, p.seq, bool_or(p.is_actor) as is_actor
      from audit_log_persons p
      where p.user_id = person
      group by p.workspace_id, p.occurred_at, p.seq
    ) p
    join audit_logs a on a.workspace_id = p.workspace_id and a.occurred_at = p.occurred_at and a.seq = p.seq
  ) e
  where l.workspace_id = (e.entry).workspace_id and l.occurred_at = (e.entry).occurred_at and l.seq = (e.entry).seq
    and (l.target_id, l.details, l.ip_address) is distinct from ((e.entry).target_id, (e.entry).details, (e.entry).ip_address);
  get diagnostics more = row_count;
  return changed + more;
end
$$;
comment on function erase_person(uuid) is
  'Erases what is a person''s, in the trail too, and gives how many rows that changed: none where all is erased.';
revoke execute on function erase_person(uuid) from public;

create or replace function erase_words_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update invitations i set email = new.email, message = null,
    revoked_at = case when i.accepted_at is null then coalesce(i.revoked_at, now()) end
  where i.email = old.email;
  -- Where their address was written before it was theirs: of one that was verified.
  update audit_log_persons p set user_id = new.id, address_hash = null
  where p.address_hash = text_sha256(old.email) and old.email_verified_at is not null;
  perform erase_person(new.id);
  return null;
end
$$;

-- An entry of the trail locks nobody whom it is about: one that was being written while they were deleted is erased by this.
create or replace function maintenance_tasks() returns table (task text, every interval, meaning text)
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
      (8, 'outbox', interval '5 minutes', 'changes of documents that nobody has delivered for an hour: look for the worker'),
      (9, 'erasures', interval '1 hour', 'rows erased that were written while a person was being deleted')
  ) t (place, task, every, meaning)
  order by t.place;
end;

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
create or replace function maintenance_tasks() returns table (task text, every interval, meaning text)
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
create or replace function erase_words_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update invitations i set email = new.email, message = null,
    revoked_at = case when i.accepted_at is null then coalesce(i.revoked_at, now()) end
  where i.email = old.email;
  update reviews r set title = null, body = '' where r.author_id = new.id;
  update user_profiles p set locale = 'en', time_zone = 'UTC' where p.user_id = new.id;
  -- Where their address was written before it was theirs: of one that was verified.
  update audit_log_persons p set user_id = new.id, address_hash = null
  where p.address_hash = text_sha256(old.email) and old.email_verified_at is not null;
  update audit_logs l
  set target_id = (e.entry).target_id, details = (e.entry).details, ip_address = (e.entry).ip_address,
    target_key = (e.entry).target_key, details_key = (e.entry).details_key, address_key = (e.entry).address_key
  from (
    select erase_of_audit_log(a, p.is_actor) as entry
    from (
      select p.workspace_id, p.occurred_at, p.seq, bool_or(p.is_actor) as is_actor
      from audit_log_persons p
      where p.user_id = new.id
      group by p.workspace_id, p.occurred_at, p.seq
    ) p
    join audit_logs a on a.workspace_id = p.workspace_id and a.occurred_at = p.occurred_at and a.seq = p.seq
  ) e
  where l.workspace_id = (e.entry).workspace_id and l.occurred_at = (e.entry).occurred_at and l.seq = (e.entry).seq
    and (l.target_id, l.details, l.ip_address) is distinct from ((e.entry).target_id, (e.entry).details, (e.entry).ip_address);
  return null;
end
$$;
drop function erase_person(uuid);
drop trigger refuse_change_of_deleted_author on reviews;
drop trigger refuse_row_of_deleted_user on reviews;
drop trigger refuse_change_of_deleted_profile on user_profiles;
drop trigger refuse_row_of_deleted_user on user_profiles;
drop trigger refuse_row_of_deleted_user on sign_in_challenges;
drop trigger refuse_row_of_deleted_user on user_tokens;
drop trigger refuse_row_of_deleted_user on credentials;
drop trigger refuse_row_of_deleted_user on sessions;
drop function refuse_row_of_deleted_user();
create or replace function end_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update api_keys k set revoked_at = now() where k.workspace_id = new.id and k.revoked_at is null;
  update invitations i set revoked_at = now()
  where i.workspace_id = new.id and i.accepted_at is null and i.revoked_at is null;
  update approval_requests r set status = 'cancelled', completed_at = now()
  where r.workspace_id = new.id and r.status = 'pending';
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null,
    error = 'workspace archived'
  where j.workspace_id = new.id and j.status in ('queued', 'running', 'waiting_approval');
  update listings l set status = 'withdrawn'
  where l.publisher_workspace_id = new.id and l.status <> 'withdrawn';
  return null;
end
$$;
create or replace function refuse_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  workspace uuid;
begin
  if tg_argv[0] = 'publisher' then
    workspace := new.publisher_workspace_id;
  else
    workspace := new.workspace_id;
  end if;
  if exists (select from workspaces w where w.id = workspace and w.archived_at is not null) then
    raise exception 'workspace % is archived', workspace
      using errcode = 'check_violation', constraint = 'workspaces_archived_check';
  end if;
  return new;
end
$$;
do $$
begin
  execute format('grant temporary on database %I to public', current_database());
end
$$;
