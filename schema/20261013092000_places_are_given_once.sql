-- A place of a chain is given once, whatever a statement does to the setting that keeps the newest one: heads are written of the entries
-- themselves, and a statement that gave a place twice is refused.

-- migrate:up

set local lock_timeout = '5s';

create or replace function write_audit_chain_heads() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  chain record;
  at timestamptz := clock_timestamp();
begin
  for chain in
    with chains as (
      select n.workspace_id, n.seq >> 48 as lane, max(n.seq) as last_seq, count(*) > count(distinct n.seq) as is_forked
      from new_entries n
      group by n.workspace_id, n.seq >> 48
    )
    select c.workspace_id, c.lane::smallint, c.last_seq, c.is_forked, n.hash
    from chains c
    join new_entries n on n.workspace_id = c.workspace_id and n.seq = c.last_seq
    order by c.workspace_id, c.lane
  loop
    if chain.is_forked then
      raise exception 'a place in the trail of % was given twice', chain.workspace_id using errcode = 'insufficient_privilege',
        hint = 'The setting solitude.audit_heads is the database''s own.';
    end if;
    update audit_chain_heads h set last_seq = chain.last_seq, last_hash = chain.hash, updated_at = at
    where h.workspace_id = chain.workspace_id and h.lane = chain.lane and h.last_seq < chain.last_seq;
  end loop;
  perform set_config('solitude.audit_heads', '', true);
  return null;
end
$$;
create or replace trigger write_audit_chain_heads after insert on audit_logs
  referencing new table as new_entries
  for each statement execute function write_audit_chain_heads();

-- migrate:down

create or replace trigger write_audit_chain_heads after insert on audit_logs
  for each statement execute function write_audit_chain_heads();
create or replace function write_audit_chain_heads() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform write_audit_chain_heads(nullif(current_setting('solitude.audit_heads', true), '')::jsonb);
  perform set_config('solitude.audit_heads', '', true);
  return null;
end
$$;
