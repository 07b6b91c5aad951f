-- The life of the audit trail: it is written in bulk at the cost of its rows, it is sealed, its old months are taken out and
-- it still verifies, and a copy of it keeps its places and hashes.

-- migrate:up

-- What belongs to no workspace has many chains instead of one, so that no sign-in waits for another: lanes, which are the
-- upper 16 bits of seq. A workspace has lane 0 only.
set local lock_timeout = '5s';
-- solitude-gen-ignore index-not-concurrent a row for each workspace is built in a moment
create unique index audit_chain_heads_lane_key on audit_chain_heads (workspace_id, lane);
alter table audit_chain_heads set (fillfactor = 50);
alter table audit_chain_heads drop constraint audit_chain_heads_pkey,
  add constraint audit_chain_heads_pkey primary key using index audit_chain_heads_lane_key;

create table audit_checkpoints (
  workspace_id uuid not null,
  first_seq bigint not null,
  last_seq bigint not null,
  previous_hash sha256_digest not null,
  last_hash sha256_digest not null,
  sealed_at timestamptz not null default now(),
  seal bigint,
  detached_from text,
  exported_to text,
  primary key (workspace_id, last_seq),
  constraint audit_checkpoints_order_check check (first_seq <= last_seq)
);
comment on table audit_checkpoints is
  'Places of the trail that are written down elsewhere than in it. One that says what it was detached from stands for the '
  'entries from first_seq to last_seq, which are no longer here.';
comment on column audit_checkpoints.seal is 'The seal that it is part of; null until the next one.';
comment on column audit_checkpoints.exported_to is 'Where the detached entries are kept.';

create table audit_seals (
  seal bigint primary key generated always as identity,
  sealed_at timestamptz not null default now(),
  checkpoint_count bigint not null,
  previous_hash sha256_digest not null,
  hash sha256_digest not null,
  signature bytea,
  signed_by text
);
comment on table audit_seals is
  'A chain over all chains: each seal has the hash of the one before it and of every checkpoint since, so that the trail of '
  'a workspace cannot vanish as a whole.';
comment on column audit_seals.signature is 'Over the hash, by a key that the database does not have.';
create index audit_checkpoints_seal_idx on audit_checkpoints (seal, workspace_id, last_seq);

alter table audit_checkpoints enable row level security;
create policy tenant on audit_checkpoints for select to solitude_app
  using (workspace_id = coalesce(current_workspace_id(), '00000000-0000-0000-0000-000000000000'));
create policy across on audit_checkpoints for select to solitude_worker using (true);
create policy reading on audit_checkpoints for select to solitude_auditor using (true);
grant select on audit_checkpoints, audit_seals to solitude_auditor;

-- Only the signature comes later, once.
create trigger refuse_audit_log_change before update on audit_seals
  for each row
  when (old.signature is not null or (old.hash, old.previous_hash, old.checkpoint_count)
    is distinct from (new.hash, new.previous_hash, new.checkpoint_count))
  execute function refuse_audit_log_change();
create trigger refuse_audit_log_delete before delete on audit_seals
  for each row execute function refuse_audit_log_change();
create trigger refuse_audit_log_truncate before truncate on audit_seals
  for each statement execute function refuse_audit_log_change();
create trigger refuse_audit_log_change before delete on audit_checkpoints
  for each row execute function refuse_audit_log_change();
create trigger refuse_audit_log_truncate before truncate on audit_checkpoints
  for each statement execute function refuse_audit_log_change();

-- Within a statement the newest place of each chain is kept in a setting, and the head is written once at its end: a row
-- that is updated for each entry would be searched through all its versions. A setting can be set by anyone, so what it
-- says counts only where it is an entry of this very statement: one that is there, beyond the head.
--
-- An entry is looked up by its time, planned with it each time: a plan for any time would lock every partition, and whoever
-- makes or detaches one would wait for all who append.
create function is_newest_entry(workspace uuid, place bigint, at timestamptz, digest bytea) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
  return exists (
    select from audit_chain_heads h
    where h.workspace_id = workspace and h.lane = (place >> 48)::smallint and h.last_seq < place
  ) and exists (
    select from audit_logs l
    where l.workspace_id = workspace and l.occurred_at = at and l.seq = place and l.hash = digest
  );
end
$$;
comment on function is_newest_entry(uuid, bigint, timestamptz, bytea) is
  'Whether this is an entry of the trail that the head of its chain does not know of yet.';
revoke execute on function is_newest_entry(uuid, bigint, timestamptz, bytea) from public;

create function write_audit_chain_heads(heads jsonb) returns void
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
comment on function write_audit_chain_heads(jsonb) is 'Writes the heads of chains that were made longer.';
revoke execute on function write_audit_chain_heads(jsonb) from public;

create function write_audit_chain_heads() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform write_audit_chain_heads(nullif(current_setting('solitude.audit_heads', true), '')::jsonb);
  perform set_config('solitude.audit_heads', '', true);
  return null;
end
$$;
comment on function write_audit_chain_heads() is 'Trigger: writes the heads of the chains that a statement has made longer.';
revoke execute on function write_audit_chain_heads() from public;

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
    if new.hash <> audit_log_hash(
      new.previous_hash, new.workspace_id, new.seq, new.occurred_at, new.actor_kind, new.actor_id, new.action,
      new.target_kind, new.target_id, new.details, new.ip_address, new.request_id
    ) then
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
  new.hash := audit_log_hash(
    new.previous_hash, new.workspace_id, new.seq, new.occurred_at, new.actor_kind, new.actor_id, new.action,
    new.target_kind, new.target_id, new.details, new.ip_address, new.request_id
  );
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

create trigger write_audit_chain_heads after insert on audit_logs
  for each statement execute function write_audit_chain_heads();

-- The places of the trail: entries, and what stands for those that were detached.
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
    l.hash <> audit_log_hash(
      l.previous_hash, l.workspace_id, l.seq, l.occurred_at, l.actor_kind, l.actor_id, l.action,
      l.target_kind, l.target_id, l.details, l.ip_address, l.request_id
    ) as is_altered
  from audit_logs l
  union all
  select c.workspace_id, c.first_seq, c.last_seq, c.sealed_at, c.previous_hash, c.last_hash, false
  from audit_checkpoints c
  where c.detached_from is not null
) n
window chain as (partition by n.workspace_id, n.seq >> 48 order by n.seq);

-- Entry after entry in the order of an index: what it needs does not grow with the trail.
create function verify_audit_chain(
  workspace uuid, after_seq bigint, after_hash bytea, out entries bigint, out first_problem_seq bigint, out first_problem text
) language plpgsql stable set search_path = public, pg_temp as $$
declare
  seq bigint := after_seq;
  hash bytea := after_hash;
  entry audit_logs;
begin
  entries := 0;
  for entry in
    select * from audit_logs l where l.workspace_id = workspace and l.seq > after_seq order by l.workspace_id, l.seq
  loop
    exit when entry.seq >> 48 <> after_seq >> 48;
    entries := entries + 1;
    first_problem := case
      when entry.seq <> seq + 1 then 'entries_missing'
      when entry.previous_hash <> hash then 'link_broken'
      when entry.hash <> audit_log_hash(
        entry.previous_hash, entry.workspace_id, entry.seq, entry.occurred_at, entry.actor_kind, entry.actor_id,
        entry.action, entry.target_kind, entry.target_id, entry.details, entry.ip_address, entry.request_id
      ) then 'entry_altered'
    end;
    if first_problem is not null then
      first_problem_seq := entry.seq;
      return;
    end if;
    seq := entry.seq;
    hash := entry.hash;
  end loop;
end
$$;
comment on function verify_audit_chain(uuid, bigint, bytea) is
  'Computes the hashes after a checkpoint again, and says where the first one is wrong; null where none is.';

create function seal_audit_trail() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  made bigint;
  count_of bigint;
  before bytea := decode(repeat('00', 32), 'hex');
begin
  lock table audit_seals in share row exclusive mode;
  insert into audit_checkpoints (workspace_id, first_seq, last_seq, previous_hash, last_hash)
  select h.workspace_id, h.last_seq, h.last_seq, h.last_hash, h.last_hash
  from audit_chain_heads h
  where h.last_seq & 281474976710655 > 0
  on conflict do nothing;
  select s.hash into before from audit_seals s order by s.seal desc limit 1;
  before := coalesce(before, decode(repeat('00', 32), 'hex'));
  select count(*) into count_of from audit_checkpoints c where c.seal is null;
  insert into audit_seals (checkpoint_count, previous_hash, hash)
  select count(*), before, sha256(before || coalesce(
    string_agg(uuid_send(c.workspace_id) || int8send(c.last_seq) || c.last_hash, '' order by c.workspace_id, c.last_seq), ''))
  from audit_checkpoints c where c.seal is null
  returning seal into made;
  update audit_checkpoints c set seal = made where c.seal is null;
  return made;
end
$$;
comment on function seal_audit_trail() is
  'Writes down where every chain is, and seals that; gives the number of the seal, whose hash is then signed and kept elsewhere.';
revoke execute on function seal_audit_trail() from public;

create function detach_audit_log_partition(month date, exported_to text) returns bigint
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
comment on function detach_audit_log_partition(date, text) is
  'Takes a month out of the trail, which still verifies; gives how many ranges of entries stand for it. The table stays, to '
  'be dropped when it has been exported. Waits two seconds for its lock: try again.';
revoke execute on function detach_audit_log_partition(date, text) from public;

-- A partition is made aside and attached, which stops no append; what the default partition holds of the month moves.
create or replace function create_audit_log_partitions(first_month date, months integer) returns integer
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  month date;
  name text;
  lower_bound text;
  upper_bound text;
  created integer := 0;
begin
  for month in
    select m::date
    from generate_series(
      date_trunc('month', first_month::timestamp),
      date_trunc('month', first_month::timestamp) + make_interval(months => months - 1),
      interval '1 month') m
  loop
    name := 'audit_logs_' || to_char(month, 'YYYY_MM');
    continue when to_regclass(name) is not null;
    lower_bound := to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00';
    upper_bound := to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00';
    execute format('create table %I (like audit_logs including defaults including constraints including comments)', name);
    execute format('alter table %I add constraint %I check (occurred_at >= %L and occurred_at < %L)',
      name, name || '_bounds', lower_bound, upper_bound);
    if exists (
      select from audit_logs_default d
      where d.occurred_at >= lower_bound::timestamptz and d.occurred_at < upper_bound::timestamptz
    ) then
      -- Made aside, the new table has no triggers yet; the default one's are its own to rest for the move.
      alter table audit_logs_default disable trigger refuse_audit_log_change;
      execute format(
        'with moved as (delete from audit_logs_default where occurred_at >= %L and occurred_at < %L returning *) '
        'insert into %I select * from moved', lower_bound, upper_bound, name);
      alter table audit_logs_default enable trigger refuse_audit_log_change;
    end if;
    execute format('alter table audit_logs attach partition %I for values from (%L) to (%L)', name, lower_bound, upper_bound);
    execute format('alter table %I drop constraint %I', name, name || '_bounds');
    perform seal_audit_log_partition(name::regclass);
    created := created + 1;
  end loop;
  return created;
end
$$;
grant execute on function seal_audit_trail(), detach_audit_log_partition(date, text) to solitude_ops;

-- Erasing a person: what others wrote to them, and what they wrote themselves.
create function erase_words_of_deleted_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update invitations i set email = new.email, message = null,
    revoked_at = case when i.accepted_at is null then coalesce(i.revoked_at, now()) end
  where i.email = old.email;
  update reviews r set title = null, body = '' where r.author_id = new.id;
  update user_profiles p set locale = 'en', time_zone = 'UTC' where p.user_id = new.id;
  return null;
end
$$;
comment on function erase_words_of_deleted_user() is
  'Trigger: with a person go their address in invitations, and the words of their reviews; the ratings stay.';
revoke execute on function erase_words_of_deleted_user() from public;
create trigger erase_words_of_deleted_user after update of status on users
  for each row when (new.status = 'deleted' and old.status <> 'deleted')
  execute function erase_words_of_deleted_user();

-- migrate:down

drop trigger erase_words_of_deleted_user on users;
drop function erase_words_of_deleted_user();
drop function detach_audit_log_partition(date, text);
drop function seal_audit_trail();
drop function verify_audit_chain(uuid, bigint, bytea);
drop trigger write_audit_chain_heads on audit_logs;
drop function write_audit_chain_heads();
drop function write_audit_chain_heads(jsonb);
drop function is_newest_entry(uuid, bigint, timestamptz, bytea);
create or replace function append_to_audit_chain() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head audit_chain_heads;
begin
  insert into audit_chain_heads (workspace_id, last_seq, last_hash)
  values (new.workspace_id, 0, decode(repeat('00', 32), 'hex'))
  on conflict do nothing;

  select * into strict head from audit_chain_heads h where h.workspace_id = new.workspace_id for update;

  new.seq := head.last_seq + 1;
  new.previous_hash := head.last_hash;
  new.hash := audit_log_hash(
    new.previous_hash, new.workspace_id, new.seq, new.occurred_at, new.actor_kind, new.actor_id, new.action,
    new.target_kind, new.target_id, new.details, new.ip_address, new.request_id
  );

  update audit_chain_heads h
  set last_seq = new.seq, last_hash = new.hash, updated_at = now()
  where h.workspace_id = new.workspace_id;
  return new;
end
$$;
create or replace function create_audit_log_partitions(first_month date, months integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month date;
  name text;
  created integer := 0;
begin
  for month in
    select m::date
    from generate_series(
      date_trunc('month', first_month::timestamp),
      date_trunc('month', first_month::timestamp) + make_interval(months => months - 1),
      interval '1 month') m
  loop
    name := 'audit_logs_' || to_char(month, 'YYYY_MM');
    continue when to_regclass(name) is not null;

    -- Entries cannot move out of the default partition, because they cannot be deleted from it.
    if exists (
      select from audit_logs_default d
      where d.occurred_at >= month::timestamp at time zone 'UTC'
        and d.occurred_at < (month + interval '1 month') at time zone 'UTC'
    ) then
      raise warning 'audit_logs_default already holds entries of %, which stays there',
      to_char(month, 'YYYY-MM');
      continue;
    end if;

    execute format(
      'create table %I partition of audit_logs for values from (%L) to (%L)',
      name,
      to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    perform seal_audit_log_partition(name::regclass);
    created := created + 1;
  end loop;
  return created;
end
$$;
alter function create_audit_log_partitions(date, integer) reset lock_timeout;
create or replace view audit_chain_entries with (security_invoker = true) as
select
  l.workspace_id,
  l.seq,
  l.occurred_at,
  l.hash,
  case
    when l.seq <> coalesce(lag(l.seq) over chain, 0) + 1 then 'entries_missing'
    when l.previous_hash <> coalesce(lag(l.hash) over chain, decode(repeat('00', 32), 'hex'))
      then 'link_broken'
    when l.hash <> audit_log_hash(
      l.previous_hash, l.workspace_id, l.seq, l.occurred_at, l.actor_kind, l.actor_id, l.action,
      l.target_kind, l.target_id, l.details, l.ip_address, l.request_id
    ) then 'entry_altered'
  end as problem
from audit_logs l
window chain as (partition by l.workspace_id order by l.seq);
drop table audit_seals;
drop table audit_checkpoints;
delete from audit_chain_heads where lane > 0;
alter table audit_chain_heads drop constraint audit_chain_heads_pkey;
alter table audit_chain_heads add primary key (workspace_id);
alter table audit_chain_heads reset (fillfactor);
