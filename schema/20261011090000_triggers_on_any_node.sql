-- Triggers that work on whichever node a row lies. A row of a partition there is of another type than the trail's, which is what functions
-- take; a time is taken before a statement that leaves the node; a subquery
-- says for itself whose rows it reads; and what is counted is what is there.

-- migrate:up

set local lock_timeout = '5s';

create or replace function append_to_audit_chain() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  heads jsonb := coalesce(nullif(current_setting('solitude.audit_heads', true), '')::jsonb, '{}');
  known jsonb := heads -> new.workspace_id::text;
  of_lane smallint := 0;
  at timestamptz;
  head audit_chain_heads;
  entry audit_logs;
begin
  -- A restore, or a move: only who may write these columns can give them, which no service may.
  if new.seq is not null and new.previous_hash is not null and new.hash is not null then
    entry := new;
    if new.hash <> audit_log_hash(entry) and not is_lawful_erasure(new.workspace_id, new.seq, false) then
      raise exception 'entry % of % does not give its hash', new.seq, new.workspace_id using errcode = 'data_exception';
    end if;
    insert into audit_chain_heads as h (workspace_id, lane, last_seq, last_hash)
    values (new.workspace_id, (new.seq >> 48)::smallint, new.seq, new.hash)
    on conflict (workspace_id, lane) do update set last_seq = excluded.last_seq, last_hash = excluded.last_hash
    where h.last_seq = new.seq - 1 and h.last_hash = new.previous_hash;
    if not found and not exists (
      select from audit_chain_heads h
      where h.workspace_id = new.workspace_id and h.lane = (new.seq >> 48)::smallint and h.last_seq >= new.seq
    ) then
      raise exception 'entry % of % continues no chain', new.seq, new.workspace_id using errcode = 'data_exception';
    end if;
    perform note_persons_of_audit_log(entry);
    return new;
  end if;

  if known is not null and is_newest_entry(
    new.workspace_id, (known ->> 'seq')::bigint, (known ->> 'at')::timestamptz, decode(known ->> 'hash', 'hex')
  ) then
    head.last_seq := (known ->> 'seq')::bigint;
    head.last_hash := decode(known ->> 'hash', 'hex');
  else
    if new.workspace_id = '00000000-0000-0000-0000-000000000000' then
      -- A lane that nobody is in; its own where all are taken.
      select h.lane into of_lane from audit_chain_heads h
      where h.workspace_id = new.workspace_id
      order by h.lane = pg_backend_pid() % 64 desc limit 1
      for update skip locked;
      of_lane := coalesce(of_lane, pg_backend_pid() % 64);
    end if;
    insert into audit_chain_heads (workspace_id, lane, last_seq, last_hash)
    values (new.workspace_id, of_lane, of_lane::bigint << 48, decode(repeat('00', 32), 'hex'))
    on conflict do nothing;
    select * into strict head from audit_chain_heads h
    where h.workspace_id = new.workspace_id and h.lane = of_lane for update;
  end if;

  new.seq := head.last_seq + 1;
  new.previous_hash := head.last_hash;
  -- The time is taken when the place is; but for what is written with a time of its own, and at the turn of a month, whose
  -- entry has its partition already.
  at := clock_timestamp();
  if new.occurred_at >= transaction_timestamp()
    and date_trunc('month', at, 'UTC') = date_trunc('month', new.occurred_at, 'UTC')
  then
    new.occurred_at := at;
  end if;
  new.target_key := case when new.target_id is not null then uuid_send(gen_random_uuid()) end;
  new.details_key := case when new.details <> '{}' then uuid_send(gen_random_uuid()) end;
  new.address_key := case when new.ip_address is not null then uuid_send(gen_random_uuid()) end;
  entry := new;
  new.hash := audit_log_hash(entry);
  entry.hash := new.hash;
  new := note_persons_of_audit_log(entry);
  if new.seq & 281474976710655 = 1 then
    insert into audit_checkpoints (workspace_id, first_seq, last_seq, previous_hash, last_hash)
    values (new.workspace_id, new.seq, new.seq, new.previous_hash, new.hash)
    on conflict do nothing;
  end if;

  if known is null and (select count(*) from jsonb_object_keys(heads)) >= 16 then
    perform write_audit_chain_heads(heads);
    heads := '{}';
  end if;
  perform set_config('solitude.audit_heads', (heads || jsonb_build_object(new.workspace_id::text, jsonb_build_object(
    'seq', new.seq, 'at', new.occurred_at, 'hash', encode(new.hash, 'hex'))))::text, true);
  return new;
end
$$;

create or replace function refuse_audit_log_rewrite() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  entry audit_logs := new;
begin
  if tg_op = 'UPDATE' and new.hash = old.hash and not is_audit_log_altered(entry)
    and to_jsonb(new) - array['target_id', 'details', 'ip_address', 'target_key', 'details_key', 'address_key']
      = to_jsonb(old) - array['target_id', 'details', 'ip_address', 'target_key', 'details_key', 'address_key']
    and (new.target_id is null or new.target_id = old.target_id)
    and (new.details = '{}' or new.details = old.details)
    and (new.ip_address is null or new.ip_address = old.ip_address)
  then
    return new;
  end if;
  raise exception 'audit logs are immutable: % of % is refused', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege', hint = 'Append an entry that corrects the other.';
end
$$;

create or replace function erase_person(person uuid) returns bigint
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
    select erase_of_audit_log(row(a.*)::audit_logs, p.is_actor) as entry
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

create or replace function write_audit_chain_heads(heads jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  chain text;
  known jsonb;
  at timestamptz := clock_timestamp();
begin
  for chain, known in select e.key, e.value from jsonb_each(heads) e order by e.key loop
    if is_newest_entry(
      chain::uuid, (known ->> 'seq')::bigint, (known ->> 'at')::timestamptz, decode(known ->> 'hash', 'hex')
    ) then
      update audit_chain_heads h
      set last_seq = (known ->> 'seq')::bigint, last_hash = decode(known ->> 'hash', 'hex'), updated_at = at
      where h.workspace_id = chain::uuid and h.lane = ((known ->> 'seq')::bigint >> 48)::smallint;
    end if;
  end loop;
end
$$;

create or replace function refuse_member_too_many(workspace uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from workspaces w
    where w.id = workspace
      and (select count(*) from workspace_members m where m.workspace_id = workspace) > w.seat_limit
  ) then
    raise exception 'workspace % has no free seat', workspace
      using errcode = 'check_violation', constraint = 'workspaces_seats_check';
  end if;
end
$$;

create or replace function erase_words_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  at timestamptz := now();
begin
  update invitations i set email = new.email, message = null,
    revoked_at = case when i.accepted_at is null then coalesce(i.revoked_at, at) end
  where i.email = old.email;
  -- Where their address was written before it was theirs: of one that was verified.
  update audit_log_persons p set user_id = new.id, address_hash = null
  where p.address_hash = text_sha256(old.email) and old.email_verified_at is not null;
  perform erase_person(new.id);
  return null;
end
$$;

create or replace function refuse_tool_change_of_published_version() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  link agent_version_tools := coalesce(new, old);
begin
  update agent_versions v set updated_at = now()
  where v.workspace_id = link.workspace_id and v.id = link.agent_version_id and v.status = 'draft'
    and v.xmin <> pg_current_xact_id()::xid;
  -- now() is when this transaction began, on this node: what it published itself, after the change, has these tools.
  if exists (
    select from agent_versions v
    where v.workspace_id = link.workspace_id and v.id = link.agent_version_id and v.status <> 'draft'
      and v.published_at <> now() and v.xmin <> pg_current_xact_id()::xid
  ) then
    raise exception 'the tools of a published version cannot change'
      using errcode = 'integrity_constraint_violation', hint = 'Create a new version.';
  end if;
  return null;
end
$$;

create or replace function hold_dataset_version_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  link dataset_version_files := coalesce(new, old);
begin
  update dataset_versions v set updated_at = now()
  where v.workspace_id = link.workspace_id and v.id = link.dataset_version_id and v.status = 'building'
    and v.xmin <> pg_current_xact_id()::xid;
  -- now() is when this transaction began, on this node: what it finished itself, after the change, has been counted right.
  if exists (
    select from dataset_versions v
    where v.workspace_id = link.workspace_id and v.id = link.dataset_version_id and v.status = 'ready'
      and v.ready_at <> now() and v.xmin <> pg_current_xact_id()::xid
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

create or replace function count_versions() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  is_right boolean;
begin
  execute format(
    'select $1 <= p.latest_version and exists (select from %2$I v where v.workspace_id = $2 and v.%3$I = $3 '
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

create or replace function refresh_workspace_usage() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- One at a time: what another run is counting is counted.
  if not pg_try_advisory_xact_lock(hashtext('refresh_workspace_usage')) then
    return;
  end if;
  with changed as materialized (
    delete from workspace_usage_changes returning workspace_id, day
  ), counted as materialized (
    select u.workspace_id, d.day,
      count(distinct u.job_id) as job_count,
      coalesce(sum(u.quantity) filter (where u.kind in ('input_tokens', 'output_tokens')), 0) as tokens,
      count(*) filter (where u.kind = 'tool_call') as tool_calls,
      coalesce(sum(u.cost_micros), 0) as cost_micros
    from (select distinct c.workspace_id, c.day from changed c) d
    join job_usage u on u.workspace_id = d.workspace_id
      and u.recorded_at >= d.day::timestamp at time zone 'UTC'
      and u.recorded_at < (d.day + 1)::timestamp at time zone 'UTC'
    group by u.workspace_id, d.day
  ), gone as (
    delete from workspace_usage_daily w
    where (w.workspace_id, w.day) in (select c.workspace_id, c.day from changed c)
      and (w.workspace_id, w.day) not in (select c.workspace_id, c.day from counted c)
  )
  insert into workspace_usage_daily (workspace_id, day, job_count, tokens, tool_calls, cost_micros)
  select c.workspace_id, c.day, c.job_count, c.tokens, c.tool_calls, c.cost_micros from counted c
  on conflict (workspace_id, day) do update
  set job_count = excluded.job_count, tokens = excluded.tokens, tool_calls = excluded.tool_calls,
    cost_micros = excluded.cost_micros;
end
$$;

create or replace function settle_waiting_job() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  at timestamptz := now();
  outcome approval_status;
begin
  update approval_requests r set updated_at = now()
  where r.workspace_id = new.workspace_id and r.id = new.approval_request_id
    and r.xmin <> pg_current_xact_id()::xid;
  select r.status into outcome
  from jobs j
  join approval_requests r on r.workspace_id = j.workspace_id and r.id = j.approval_request_id
  where j.workspace_id = new.workspace_id and j.id = new.id and j.status = 'waiting_approval' and r.status <> 'pending';
  if outcome = 'approved' then
    update jobs j set status = 'queued', attempt = greatest(j.attempt - 1, 0), run_after = at
    where j.workspace_id = new.workspace_id and j.id = new.id;
  elsif outcome is not null then
    update jobs j
    set status = 'cancelled', attempt = greatest(j.attempt - 1, 0), run_after = at, finished_at = at,
      error = 'approval ' || outcome
    where j.workspace_id = new.workspace_id and j.id = new.id;
  end if;
  return null;
end
$$;

-- Its body says of which tables it is when it runs, so that the trail does not depend on itself by way of the view below.
create or replace function is_audit_log_altered(entry audit_logs) returns boolean
language plpgsql stable set search_path = public, pg_temp as $$
begin
  if coalesce(octet_length(entry.target_key), 16) = 16 and coalesce(octet_length(entry.details_key), 16) = 16
    and coalesce(octet_length(entry.address_key), 16) = 16
  then
    return entry.hash <> audit_log_hash(entry);
  end if;
  return not is_lawful_erasure(entry.workspace_id, entry.seq, entry.hash = audit_log_hash(entry));
end
$$;

create function is_audit_entry_altered(entry anyelement) returns boolean
language plpgsql stable set search_path = public, pg_temp as $$
declare
  of_trail audit_logs := entry;
begin
  return is_audit_log_altered(of_trail);
end
$$;
comment on function is_audit_entry_altered(anyelement) is 'is_audit_log_altered of a row of the trail wherever it lies.';

create or replace view audit_chain_entries with (security_invoker = true) as
select
  n.workspace_id,
  n.seq,
  n.occurred_at,
  n.hash,
  case
    when n.first_seq <> coalesce(lag(n.seq) over chain, (n.seq >> 48) << 48) + 1 then 'entries_missing'
    when n.previous_hash <> coalesce(lag(n.hash) over chain, decode(repeat('00', 32), 'hex')) then 'link_broken'
    when n.is_altered then 'entry_altered'
  end as problem
from (
  select l.workspace_id, l.seq as first_seq, l.seq, l.occurred_at, l.previous_hash, l.hash,
    is_audit_entry_altered(l) as is_altered
  from audit_logs l
  union all
  select c.workspace_id, c.first_seq, c.last_seq, c.sealed_at, c.previous_hash, c.last_hash, false
  from audit_checkpoints c
  where c.detached_from is not null
) n
window chain as (partition by n.workspace_id, n.seq >> 48 order by n.seq);

-- What it is unique by is the constraint's to say.
alter table reviews add constraint reviews_author_key unique using index reviews_author_key;

-- migrate:down

set local lock_timeout = '5s';

alter table reviews drop constraint reviews_author_key;
create unique index reviews_author_key on reviews (listing_id, author_id);

create or replace function append_to_audit_chain() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  heads jsonb := coalesce(nullif(current_setting('solitude.audit_heads', true), '')::jsonb, '{}');
  known jsonb := heads -> new.workspace_id::text;
  of_lane smallint := 0;
  at timestamptz;
  head audit_chain_heads;
begin
  -- A restore, or a move: only who may write these columns can give them, which no service may.
  if new.seq is not null and new.previous_hash is not null and new.hash is not null then
    if new.hash <> audit_log_hash(new) and not is_lawful_erasure(new.workspace_id, new.seq, false) then
      raise exception 'entry % of % does not give its hash', new.seq, new.workspace_id using errcode = 'data_exception';
    end if;
    insert into audit_chain_heads as h (workspace_id, lane, last_seq, last_hash)
    values (new.workspace_id, (new.seq >> 48)::smallint, new.seq, new.hash)
    on conflict (workspace_id, lane) do update set last_seq = excluded.last_seq, last_hash = excluded.last_hash
    where h.last_seq = new.seq - 1 and h.last_hash = new.previous_hash;
    if not found and not exists (
      select from audit_chain_heads h
      where h.workspace_id = new.workspace_id and h.lane = (new.seq >> 48)::smallint and h.last_seq >= new.seq
    ) then
      raise exception 'entry % of % continues no chain', new.seq, new.workspace_id using errcode = 'data_exception';
    end if;
    perform note_persons_of_audit_log(new);
    return new;
  end if;

  if known is not null and is_newest_entry(
    new.workspace_id, (known ->> 'seq')::bigint, (known ->> 'at')::timestamptz, decode(known ->> 'hash', 'hex')
  ) then
    head.last_seq := (known ->> 'seq')::bigint;
    head.last_hash := decode(known ->> 'hash', 'hex');
  else
    if new.workspace_id = '00000000-0000-0000-0000-000000000000' then
      -- A lane that nobody is in; its own where all are taken.
      select h.lane into of_lane from audit_chain_heads h
      where h.workspace_id = new.workspace_id
      order by h.lane = pg_backend_pid() % 64 desc limit 1
      for update skip locked;
      of_lane := coalesce(of_lane, pg_backend_pid() % 64);
    end if;
    insert into audit_chain_heads (workspace_id, lane, last_seq, last_hash)
    values (new.workspace_id, of_lane, of_lane::bigint << 48, decode(repeat('00', 32), 'hex'))
    on conflict do nothing;
    select * into strict head from audit_chain_heads h
    where h.workspace_id = new.workspace_id and h.lane = of_lane for update;
  end if;

  new.seq := head.last_seq + 1;
  new.previous_hash := head.last_hash;
  -- The time is taken when the place is; but for what is written with a time of its own, and at the turn of a month, whose
  -- entry has its partition already.
  at := clock_timestamp();
  if new.occurred_at >= transaction_timestamp()
    and date_trunc('month', at, 'UTC') = date_trunc('month', new.occurred_at, 'UTC')
  then
    new.occurred_at := at;
  end if;
  new.target_key := case when new.target_id is not null then uuid_send(gen_random_uuid()) end;
  new.details_key := case when new.details <> '{}' then uuid_send(gen_random_uuid()) end;
  new.address_key := case when new.ip_address is not null then uuid_send(gen_random_uuid()) end;
  new.hash := audit_log_hash(new);
  new := note_persons_of_audit_log(new);
  if new.seq & 281474976710655 = 1 then
    insert into audit_checkpoints (workspace_id, first_seq, last_seq, previous_hash, last_hash)
    values (new.workspace_id, new.seq, new.seq, new.previous_hash, new.hash)
    on conflict do nothing;
  end if;

  if known is null and (select count(*) from jsonb_object_keys(heads)) >= 16 then
    perform write_audit_chain_heads(heads);
    heads := '{}';
  end if;
  perform set_config('solitude.audit_heads', (heads || jsonb_build_object(new.workspace_id::text, jsonb_build_object(
    'seq', new.seq, 'at', new.occurred_at, 'hash', encode(new.hash, 'hex'))))::text, true);
  return new;
end
$$;

create or replace function refuse_audit_log_rewrite() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.hash = old.hash and not is_audit_log_altered(new)
    and to_jsonb(new) - array['target_id', 'details', 'ip_address', 'target_key', 'details_key', 'address_key']
      = to_jsonb(old) - array['target_id', 'details', 'ip_address', 'target_key', 'details_key', 'address_key']
    and (new.target_id is null or new.target_id = old.target_id)
    and (new.details = '{}' or new.details = old.details)
    and (new.ip_address is null or new.ip_address = old.ip_address)
  then
    return new;
  end if;
  raise exception 'audit logs are immutable: % of % is refused', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege', hint = 'Append an entry that corrects the other.';
end
$$;

create or replace function erase_person(person uuid) returns bigint
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

create or replace function write_audit_chain_heads(heads jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  chain text;
  known jsonb;
begin
  for chain, known in select e.key, e.value from jsonb_each(heads) e order by e.key loop
    if is_newest_entry(
      chain::uuid, (known ->> 'seq')::bigint, (known ->> 'at')::timestamptz, decode(known ->> 'hash', 'hex')
    ) then
      update audit_chain_heads h
      set last_seq = (known ->> 'seq')::bigint, last_hash = decode(known ->> 'hash', 'hex'), updated_at = clock_timestamp()
      where h.workspace_id = chain::uuid and h.lane = ((known ->> 'seq')::bigint >> 48)::smallint;
    end if;
  end loop;
end
$$;

create or replace function refuse_member_too_many(workspace uuid) returns void
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

create or replace function refuse_tool_change_of_published_version() returns trigger
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

create or replace function hold_dataset_version_file() returns trigger
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

create or replace function count_versions() returns trigger
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

create or replace function settle_waiting_job() returns trigger
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

create or replace function is_audit_log_altered(entry audit_logs) returns boolean
language sql stable set search_path = public, pg_temp
return case
  when coalesce(octet_length((entry).target_key), 16) = 16 and coalesce(octet_length((entry).details_key), 16) = 16
    and coalesce(octet_length((entry).address_key), 16) = 16
  then (entry).hash <> audit_log_hash(entry)
  else not is_lawful_erasure((entry).workspace_id, (entry).seq, (entry).hash = audit_log_hash(entry))
end;

create or replace view audit_chain_entries with (security_invoker = true) as
select
  n.workspace_id,
  n.seq,
  n.occurred_at,
  n.hash,
  case
    when n.first_seq <> coalesce(lag(n.seq) over chain, (n.seq >> 48) << 48) + 1 then 'entries_missing'
    when n.previous_hash <> coalesce(lag(n.hash) over chain, decode(repeat('00', 32), 'hex')) then 'link_broken'
    when n.is_altered then 'entry_altered'
  end as problem
from (
  select l.workspace_id, l.seq as first_seq, l.seq, l.occurred_at, l.previous_hash, l.hash,
    is_audit_log_altered(l) as is_altered
  from audit_logs l
  union all
  select c.workspace_id, c.first_seq, c.last_seq, c.sealed_at, c.previous_hash, c.last_hash, false
  from audit_checkpoints c
  where c.detached_from is not null
) n
window chain as (partition by n.workspace_id, n.seq >> 48 order by n.seq);
drop function is_audit_entry_altered(anyelement);
