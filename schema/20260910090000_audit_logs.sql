-- The audit trail. Three things guard it:
--   1. no role of the application holds any right to change it (20260912090000_roles_and_grants.sql),
--   2. triggers refuse to update, delete or truncate it to everyone, its owner included,
--   3. each entry carries the hash of the one before it, so that whoever gets round these two leaves a trace.
-- The third shows a change to anyone who still has an earlier head of the chain: copy audit_chain_heads to a
-- place that the database's administrators do not control.

-- migrate:up

create type audit_actor_kind as enum ('user', 'api_key', 'agent', 'system');

create table audit_chain_heads (
  workspace_id uuid primary key,
  last_seq bigint not null,
  last_hash sha256_digest not null,
  updated_at timestamptz not null default now()
);
comment on table audit_chain_heads is
  'The newest entry of each workspace''s chain. Its row is the lock that puts the entries of a workspace '
  'into one order.';

create table audit_logs (
  workspace_id uuid not null,
  seq bigint not null,
  occurred_at timestamptz not null default clock_timestamp(),
  actor_kind audit_actor_kind not null,
  actor_id uuid,
  action text not null,
  target_kind text not null,
  target_id text,
  details json_document not null default '{}',
  ip_address inet,
  request_id text,
  previous_hash sha256_digest not null,
  hash sha256_digest not null,
  primary key (workspace_id, occurred_at, seq),
  constraint audit_logs_action_check check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  constraint audit_logs_actor_check check ((actor_kind = 'system') or actor_id is not null)
) partition by range (occurred_at);
comment on table audit_logs is 'What was done, by whom and to what. It only grows.';
comment on column audit_logs.workspace_id is
  'The workspace in which it happened. What belongs to none, such as a sign-up, is under the nil UUID. No '
  'foreign key: '
  'the trail outlives the workspace.';
comment on column audit_logs.seq is
  'The place in the workspace''s chain, from 1 without gaps. Set by a trigger.';
comment on column audit_logs.action is 'What happened, as <subject>.<verb>: agent.published.';
comment on column audit_logs.target_id is
  'The id of what it was done to, as text, because not every target has a UUID.';
comment on column audit_logs.previous_hash is
  'The hash of the entry before it, or 32 zero bytes for the first. Set by a trigger.';
comment on column audit_logs.hash is
  'The hash over previous_hash and the content of this entry. Set by a trigger.';

create index audit_logs_seq_idx on audit_logs (workspace_id, seq desc);
create index audit_logs_target_idx on audit_logs (workspace_id, target_kind, target_id, occurred_at desc);
create index audit_logs_actor_idx on audit_logs (workspace_id, actor_id, occurred_at desc)
  where actor_id is not null;
create index audit_logs_action_idx on audit_logs (workspace_id, action, occurred_at desc);

-- The content as a JSON array of texts and nulls: no two different entries look the same in it, and it
-- depends on no setting of the session. That is why the time goes in as microseconds.
create function audit_log_hash(
  previous_hash bytea,
  workspace_id uuid,
  seq bigint,
  occurred_at timestamptz,
  actor_kind audit_actor_kind,
  actor_id uuid,
  action text,
  target_kind text,
  target_id text,
  details jsonb,
  ip_address inet,
  request_id text
) returns bytea
language sql stable parallel safe
return sha256(previous_hash || convert_to(
  jsonb_build_array(
    workspace_id::text,
    seq::text,
    (extract(epoch from occurred_at) * 1000000)::bigint::text,
    actor_kind::text,
    actor_id::text,
    action,
    target_kind,
    target_id,
    details::text,
    ip_address::text,
    request_id
  )::text,
  'UTF8'
));
comment on function audit_log_hash(
  bytea, uuid, bigint, timestamptz, audit_actor_kind, uuid, text, text, text, jsonb, inet, text
) is 'The hash of an entry of the audit trail.';

-- The row of the chain's head stays locked until the transaction ends, so entries of one workspace are
-- written one after the other. Append to the trail at the end of a transaction, not at its start.
create function append_to_audit_chain() returns trigger
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
comment on function append_to_audit_chain() is
  'Trigger: gives an entry its place and its hashes, whatever the caller said they were.';
revoke execute on function append_to_audit_chain() from public;

create trigger append_to_audit_chain before insert on audit_logs
  for each row execute function append_to_audit_chain();

create function refuse_audit_log_change() returns trigger
language plpgsql as $$
begin
  raise exception 'audit logs are immutable: % of % is refused', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege', hint = 'Append an entry that corrects the other.';
end
$$;
comment on function refuse_audit_log_change() is 'Trigger: refuses every change of the audit trail.';

-- PostgreSQL gives a row trigger to every partition, those of the future included.
create trigger refuse_audit_log_change before update or delete on audit_logs
  for each row execute function refuse_audit_log_change();
-- A statement trigger it gives to none, so seal_audit_log_partition() does.
create trigger refuse_audit_log_truncate before truncate on audit_logs
  for each statement execute function refuse_audit_log_change();

create function seal_audit_log_partition(partition regclass) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
  grantee text;
begin
  if not exists (
    select from pg_trigger t where t.tgrelid = partition and t.tgname = 'refuse_audit_log_truncate'
  ) then
    execute format(
      'create trigger refuse_audit_log_truncate before truncate on %s '
      'for each statement execute function refuse_audit_log_change()', partition);
  end if;

  -- Rights on audit_logs are all that its users need. Default privileges may have given more on the partition
  -- itself.
  for grantee in
    select distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
    from pg_class c, aclexplode(c.relacl) a
    where c.oid = partition and a.grantee <> c.relowner
  loop
    execute format('revoke all on table %s from %s', partition, grantee);
  end loop;
end
$$;
comment on function seal_audit_log_partition(regclass) is
  'Makes a partition of audit_logs refuse truncation, and takes all rights on it from everyone but its '
  'owner.';
revoke execute on function seal_audit_log_partition(regclass) from public;

create table audit_logs_default partition of audit_logs default;
comment on table audit_logs_default is
  'Takes entries of months that have no partition yet, so that a forgotten maintenance job loses none.';
select seal_audit_log_partition('audit_logs_default');

create function create_audit_log_partitions(first_month date, months integer) returns integer
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
comment on function create_audit_log_partitions(date, integer) is
  'Creates the monthly partitions of audit_logs that are missing, and says how many. Run it every month, '
  'for a year ahead.';
revoke execute on function create_audit_log_partitions(date, integer) from public;

-- Fixed months rather than those after today, so that every database made from these files is the same.
select create_audit_log_partitions('2026-09-01', 16);

create view audit_chain_entries with (security_invoker = true) as
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
comment on view audit_chain_entries is
  'Every entry of the trail with what is wrong with it; null when nothing is.';
comment on column audit_chain_entries.problem is
  'entries_missing: the one before it is not its predecessor; link_broken: it does not carry the hash of '
  'the one before '
  'it; entry_altered: its content does not give its hash.';

-- migrate:down

drop view audit_chain_entries;
drop function create_audit_log_partitions(date, integer);
drop function seal_audit_log_partition(regclass);
drop table audit_logs;
drop function refuse_audit_log_change();
drop function append_to_audit_chain();
drop function audit_log_hash(
  bytea, uuid, bigint, timestamptz, audit_actor_kind, uuid, text, text, text, jsonb, inet, text
);
drop table audit_chain_heads;
drop type audit_actor_kind;
