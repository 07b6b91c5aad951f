-- The trail is verified entry after entry, however long it is; what was detached stands in its place, and the end is where the head is.
-- Seals are computed again, so that a checkpoint that is gone is missed. What was suspended is not published by its publisher.

-- migrate:up

set local lock_timeout = '5s';

-- Entries, and what stands for those that were detached, each in the order of an index: nothing is sorted, whatever the statistics say, and
-- nothing kept.
create function verify_audit_trail(
  workspace uuid, after_seq bigint, after_hash bytea,
  out entries bigint, out problems bigint, out first_problem_seq bigint, out first_problem text
) language plpgsql stable set search_path = public, pg_temp set enable_sort = off as $$
declare
  of_lane bigint := after_seq >> 48;
  first_place bigint := coalesce(after_seq, 0) + 1;
  last_place bigint := coalesce((of_lane << 48) + 281474976710655, 9223372036854775807);
  reached bigint := after_seq;
  reached_hash bytea := after_hash;
  ends jsonb := '{}';
  lanes integer := 0;
  entries_of_trail cursor for
    select l.seq, l.seq as first_seq, l.previous_hash, l.hash, true as is_entry, is_audit_entry_altered(l) as is_altered
    from audit_logs l
    where l.workspace_id = workspace and l.seq between first_place and last_place
    order by l.seq;
  ranges_detached cursor for
    select c.last_seq as seq, c.first_seq, c.previous_hash, c.last_hash as hash, false as is_entry, false as is_altered
    from audit_checkpoints c
    where c.workspace_id = workspace and c.last_seq between first_place and last_place and c.detached_from is not null
    order by c.last_seq;
  entry record;
  detached record;
  place record;
  head record;
  problem text;
  missing bigint;
begin
  entries := 0;
  problems := 0;
  if reached is not null then
    ends := jsonb_build_object(of_lane::text, jsonb_build_array(reached, encode(reached_hash, 'hex')));
  end if;
  open entries_of_trail;
  open ranges_detached;
  fetch entries_of_trail into entry;
  fetch ranges_detached into detached;
  while entry.seq is not null or detached.seq is not null loop
    if entry.seq is null or detached.seq < entry.seq then
      place := detached;
      fetch ranges_detached into detached;
    else
      place := entry;
      fetch entries_of_trail into entry;
    end if;
    if reached is null or place.seq >> 48 <> reached >> 48 then
      if reached is not null then
        ends := ends || jsonb_build_object((reached >> 48)::text, jsonb_build_array(reached, encode(reached_hash, 'hex')));
      end if;
      reached := (place.seq >> 48) << 48;
      reached_hash := decode(repeat('00', 32), 'hex');
    end if;
    -- Of a checkpoint within what was detached later there is nothing behind it that it could be linked to.
    problem := case
      when not place.is_entry and place.first_seq <= after_seq then null
      when place.first_seq <> reached + 1 then 'entries_missing'
      when place.previous_hash <> reached_hash then 'link_broken'
      when place.is_altered then 'entry_altered'
    end;
    if problem is not null then
      problems := problems + 1;
      first_problem_seq := coalesce(first_problem_seq, place.seq);
      first_problem := coalesce(first_problem, problem);
    end if;
    entries := entries + place.is_entry::integer;
    reached := place.seq;
    reached_hash := place.hash;
  end loop;
  if problems > 0 then
    return;
  end if;

  if reached is not null then
    ends := ends || jsonb_build_object((reached >> 48)::text, jsonb_build_array(reached, encode(reached_hash, 'hex')));
  end if;
  for head in
    select h.lane, h.last_seq, h.last_hash from audit_chain_heads h
    where h.workspace_id = workspace and h.lane = coalesce(of_lane, h.lane)
    order by h.lane
  loop
    lanes := lanes + 1;
    if ends -> head.lane::text is distinct from jsonb_build_array(head.last_seq, encode(head.last_hash, 'hex')) then
      first_problem_seq := coalesce((ends -> head.lane::text ->> 0)::bigint, 0);
      first_problem := 'head_differs';
      exit;
    end if;
  end loop;
  if first_problem is null and lanes < (select count(*) from jsonb_object_keys(ends)) then
    first_problem_seq := reached;
    first_problem := 'head_differs';
  end if;
  -- What a checkpoint tells of is there, or in what was detached.
  if first_problem is null or first_problem_seq = 0 then
    select min(c.last_seq) into missing
    from audit_checkpoints c
    where c.workspace_id = workspace and c.last_seq between first_place and last_place
      and not exists (
        select 1 from audit_logs l
        where l.workspace_id = workspace and l.seq = c.last_seq and l.hash = c.last_hash
      )
      and not exists (
        select 1 from audit_checkpoints d
        where d.workspace_id = workspace and d.detached_from is not null and c.last_seq between d.first_seq and d.last_seq
      );
    if missing is not null then
      first_problem_seq := missing;
      first_problem := 'trail_missing';
    end if;
  end if;
end
$$;
comment on function verify_audit_trail(uuid, bigint, bytea) is
  'Computes the hashes of a workspace''s chain again, of all its lanes, or after a place of one; says where the first problem is.';

-- By an index that has the place: another with the workspace in front may look as cheap, and reads all that the statement has written of it.
create or replace function is_newest_entry(workspace uuid, place bigint, at timestamptz, digest bytea) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp
set plan_cache_mode = force_custom_plan set enable_sort = off as $$
begin
  return exists (
    select from audit_chain_heads h
    where h.workspace_id = workspace and h.lane = (place >> 48)::smallint and h.last_seq < place
  ) and digest = (
    select l.hash from audit_logs l
    where l.workspace_id = workspace and l.occurred_at = at and l.seq = place
    order by l.workspace_id, l.occurred_at, l.seq
    limit 1
  );
end
$$;

create or replace function verify_audit_chain(
  workspace uuid, after_seq bigint, after_hash bytea, out entries bigint, out first_problem_seq bigint, out first_problem text
) language plpgsql stable set search_path = public, pg_temp as $$
begin
  select v.entries, v.first_problem_seq, v.first_problem into entries, first_problem_seq, first_problem
  from verify_audit_trail(workspace, after_seq, after_hash) v;
end
$$;

create function verify_audit_seals(
  known_seal bigint, known_hash bytea, out seals bigint, out first_problem_seal bigint, out first_problem text
) language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  seal record;
  over record;
  before bytea := decode(repeat('00', 32), 'hex');
  is_known boolean := known_seal is null;
begin
  seals := 0;
  for seal in
    select s.seal as number, s.checkpoint_count, s.previous_hash, s.hash from audit_seals s order by s.seal
  loop
    select count(*) as checkpoints, sha256(seal.previous_hash || coalesce(
      string_agg(uuid_send(c.workspace_id) || int8send(c.last_seq) || c.last_hash, '' order by c.workspace_id, c.last_seq), '')) as hash
    into over
    from audit_checkpoints c where c.seal = seal.number;
    seals := seals + 1;
    is_known := is_known or seal.number = known_seal and seal.hash = known_hash;
    first_problem := case
      when seal.previous_hash <> before then 'link_broken'
      when (over.checkpoints, over.hash) is distinct from (seal.checkpoint_count, seal.hash) then 'checkpoints_differ'
    end;
    if first_problem is not null then
      first_problem_seal := seal.number;
      return;
    end if;
    before := seal.hash;
  end loop;
  if not is_known then
    first_problem_seal := known_seal;
    first_problem := 'seal_missing';
  end if;
end
$$;
comment on function verify_audit_seals(bigint, bytea) is
  'Computes every seal again from the checkpoints that it is over, and looks for one that was kept elsewhere.';
revoke execute on function verify_audit_seals(bigint, bytea) from public;
grant execute on function verify_audit_seals(bigint, bytea) to solitude_auditor, solitude_ops;

-- Only whoever works across tenants lifts what the platform has imposed.
create function refuse_lifting_own_suspension() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  if row_security_active('listings') and pg_has_role(current_user, 'solitude_app', 'usage') then
    raise exception 'listing % is suspended', new.id
      using errcode = 'insufficient_privilege', constraint = 'listings_suspension_check';
  end if;
  return null;
end
$$;
comment on function refuse_lifting_own_suspension() is 'Trigger: what is suspended is withdrawn by its publisher, and published by none.';
revoke execute on function refuse_lifting_own_suspension() from public;
create trigger refuse_lifting_own_suspension after update of status on listings
  for each row when (old.status = 'suspended' and new.status = 'published')
  execute function refuse_lifting_own_suspension();

-- migrate:down

drop trigger refuse_lifting_own_suspension on listings;
drop function refuse_lifting_own_suspension();
drop function verify_audit_seals(bigint, bytea);
create or replace function verify_audit_chain(
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
      when is_audit_log_altered(entry) then 'entry_altered'
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
drop function verify_audit_trail(uuid, bigint, bytea);
create or replace function is_newest_entry(workspace uuid, place bigint, at timestamptz, digest bytea) returns boolean
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
