-- A month that was taken out of the trail comes back: with its places and hashes, and without whoever was deleted meanwhile.

-- migrate:up

set local lock_timeout = '5s';

create or replace function detach_audit_log_partition(month date, exported_to text) returns bigint
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  name text := 'audit_logs_' || to_char(month, 'YYYY_MM');
  ranges bigint;
begin
  -- What somebody is still writing there is waited for: written after its ranges were, it would be missing.
  execute format('lock table only %I in share mode', name);
  execute format($query$
    insert into audit_checkpoints as c (workspace_id, first_seq, last_seq, previous_hash, last_hash, detached_from, exported_to)
    select workspace_id, min(seq), max(seq),
      (array_agg(previous_hash order by seq))[1], (array_agg(hash order by seq desc))[1], %L, %L
    from (select l.*, seq - row_number() over (partition by workspace_id order by seq) as run from %I l) l
    group by workspace_id, run
    on conflict (workspace_id, last_seq) do update
    set first_seq = excluded.first_seq, previous_hash = excluded.previous_hash,
      detached_from = excluded.detached_from, exported_to = excluded.exported_to$query$, name, exported_to, name);
  get diagnostics ranges = row_count;
  execute format('alter table audit_logs detach partition %I', name);
  return ranges;
end
$$;

create or replace function note_persons_of_audit_log(entry audit_logs) returns audit_logs
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person record;
  is_gone boolean := false;
  of_actor boolean := false;
  -- Only what comes from before there were keys has none.
  was_clear boolean := entry.details_key is null and entry.details <> '{}' or entry.target_key is null and entry.target_id is not null
    or entry.address_key is null and entry.ip_address is not null;
begin
  if entry.actor_kind <> 'user' and entry.target_id is null and entry.details = '{}' then
    return entry;
  end if;
  if exists (select from audit_log_persons p where p.workspace_id = entry.workspace_id and p.seq = entry.seq) then
    select count(*) > 0, coalesce(bool_or(p.is_actor), false) into is_gone, of_actor
    from audit_log_persons p join users u on u.id = p.user_id
    where p.workspace_id = entry.workspace_id and p.seq = entry.seq and u.status = 'deleted';
    return case when is_gone then erase_of_audit_log(entry, of_actor) else entry end;
  end if;
  for person in select * from persons_of_audit_log(entry) loop
    insert into audit_log_persons (workspace_id, seq, occurred_at, user_id, address_hash, is_actor, was_in_clear)
    values (entry.workspace_id, entry.seq, entry.occurred_at, person.user_id, person.address_hash, person.is_actor, was_clear);
    is_gone := is_gone or person.is_gone;
    of_actor := of_actor or person.is_gone and person.is_actor;
  end loop;
  return case when is_gone then erase_of_audit_log(entry, of_actor) else entry end;
end
$$;

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
    -- What comes back comes without whoever was deleted since.
    new := note_persons_of_audit_log(entry);
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

create function attach_audit_log_partition(month date) returns bigint
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  name text := 'audit_logs_' || to_char(month, 'YYYY_MM');
  lower_bound timestamptz := date_trunc('month', month::timestamp) at time zone 'UTC';
  upper_bound timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') at time zone 'UTC';
  ranges bigint;
begin
  execute format('alter table audit_logs attach partition %I for values from (%L) to (%L)', name, lower_bound, upper_bound);
  perform seal_audit_log_partition(name::regclass);
  update audit_checkpoints c
  set first_seq = c.last_seq, previous_hash = c.last_hash, detached_from = null, exported_to = null
  where c.detached_from = name;
  get diagnostics ranges = row_count;
  perform erase_person(p.user_id)
  from (
    select distinct p.user_id
    from audit_log_persons p join users u on u.id = p.user_id
    where p.occurred_at >= lower_bound and p.occurred_at < upper_bound and u.status = 'deleted'
  ) p;
  return ranges;
end
$$;
comment on function attach_audit_log_partition(date) is
  'Puts a month back into the trail that was taken out, and erases in it whoever was deleted since; gives how many ranges of entries '
  'are there again. Its table has the name that it had. Waits two seconds for its lock: try again.';
revoke execute on function attach_audit_log_partition(date) from public;
grant execute on function attach_audit_log_partition(date) to solitude_ops;

-- migrate:down

drop function attach_audit_log_partition(date);
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
create or replace function note_persons_of_audit_log(entry audit_logs) returns audit_logs
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person record;
  is_gone boolean := false;
  of_actor boolean := false;
begin
  if entry.actor_kind <> 'user' and entry.target_id is null and entry.details = '{}'
    or exists (select from audit_log_persons p where p.workspace_id = entry.workspace_id and p.seq = entry.seq)
  then
    return entry;
  end if;
  for person in select * from persons_of_audit_log(entry) loop
    insert into audit_log_persons (workspace_id, seq, occurred_at, user_id, address_hash, is_actor)
    values (entry.workspace_id, entry.seq, entry.occurred_at, person.user_id, person.address_hash, person.is_actor);
    is_gone := is_gone or person.is_gone;
    of_actor := of_actor or person.is_gone and person.is_actor;
  end loop;
  return case when is_gone then erase_of_audit_log(entry, of_actor) else entry end;
end
$$;
create or replace function detach_audit_log_partition(month date, exported_to text) returns bigint
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  name text := 'audit_logs_' || to_char(month, 'YYYY_MM');
  ranges bigint;
begin
  execute format($query$
    insert into audit_checkpoints as c (workspace_id, first_seq, last_seq, previous_hash, last_hash, detached_from, exported_to)
    select workspace_id, min(seq), max(seq),
      (array_agg(previous_hash order by seq))[1], (array_agg(hash order by seq desc))[1], %L, %L
    from (select l.*, seq - row_number() over (partition by workspace_id order by seq) as run from %I l) l
    group by workspace_id, run
    on conflict (workspace_id, last_seq) do update
    set first_seq = excluded.first_seq, previous_hash = excluded.previous_hash,
      detached_from = excluded.detached_from, exported_to = excluded.exported_to$query$, name, exported_to, name);
  get diagnostics ranges = row_count;
  execute format('alter table audit_logs detach partition %I', name);
  return ranges;
end
$$;
