-- Who an entry of the trail is about is asked for each entry. A function in SQL is planned anew by each statement that
-- appends one, which took longer than all the rest; in PL/pgSQL its plan is kept, and what has no address and no id in it
-- asks nothing.

-- migrate:up

create or replace function persons_of_audit_log(entry audit_logs)
returns table (user_id uuid, address_hash sha256_digest, is_actor boolean, is_gone boolean)
language plpgsql stable security definer set search_path = public, pg_temp rows 2 as $$
#variable_conflict use_column
declare
  words text := concat_ws(' ', entry.target_id, nullif(entry.details::text, '{}'));
  actor uuid := case when entry.actor_kind = 'user' then entry.actor_id end;
  ids uuid[] := case when actor is null then '{}' else array[actor] end;
begin
  if words like '%-%-%-%-%' then
    ids := ids || array(
      select m[1]::uuid
      from regexp_matches(words, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', 'g') m
    );
  end if;
  if words like '%@%' then
    return query
      select p.id, p.hash::sha256_digest, p.is_actor, p.is_gone
      from (
        select i.id, null::bytea as hash, coalesce(i.id = actor, false) as is_actor,
          coalesce(u.status = 'deleted', false) as is_gone
        from (select distinct unnest(ids) as id) i
        left join users u on u.id = i.id
        where u.id is not null or i.id = actor
        union
        select u.id, case when u.id is null then text_sha256(a.address) end, coalesce(u.id = actor, false), false
        from (
          select distinct lower(m[1]) as address
          from regexp_matches(words, '([^[:space:]"''<>(),;:@\\]+@[^[:space:]"''<>(),;:@\\]+\.[[:alnum:]-]+)', 'g') m
        ) a
        left join users u on u.email = a.address and u.deleted_at is null
      ) p;
  elsif cardinality(ids) > 0 then
    return query
      select i.id, null::sha256_digest, coalesce(i.id = actor, false), coalesce(u.status = 'deleted', false)
      from (select distinct unnest(ids) as id) i
      left join users u on u.id = i.id
      where u.id is not null or i.id = actor;
  end if;
end
$$;

-- migrate:down

create or replace function persons_of_audit_log(entry audit_logs)
returns table (user_id uuid, address_hash sha256_digest, is_actor boolean, is_gone boolean)
language sql stable security definer set search_path = public, pg_temp as $$
  with words as (
    select concat_ws(' ', entry.target_id, nullif(entry.details::text, '{}')) as text
  ), ids as (
    select entry.actor_id as id where entry.actor_kind = 'user'
    union
    select m[1]::uuid
    from words, regexp_matches(words.text, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', 'g') m
    where words.text like '%-%-%-%-%'
  ), addresses as (
    select distinct lower(m[1]) as address
    from words, regexp_matches(words.text, '([^[:space:]"''<>(),;:@\\]+@[^[:space:]"''<>(),;:@\\]+\.[[:alnum:]-]+)', 'g') m
    where words.text like '%@%'
  )
  select i.id, null::sha256_digest, coalesce(i.id = entry.actor_id and entry.actor_kind = 'user', false),
    coalesce(u.status = 'deleted', false)
  from ids i left join users u on u.id = i.id
  where u.id is not null or (i.id = entry.actor_id and entry.actor_kind = 'user')
  union
  select u.id, case when u.id is null then text_sha256(a.address) end,
    coalesce(u.id = entry.actor_id and entry.actor_kind = 'user', false), false
  from addresses a left join users u on u.email = a.address and u.deleted_at is null
$$;
