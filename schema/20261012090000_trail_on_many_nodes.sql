-- Whether an erasure is lawful is asked where an entry lies. Where that is one node of many, only PL/pgSQL can: the parameters of
-- a function in SQL are not known when its statement is planned.

-- migrate:up

set local lock_timeout = '5s';

create or replace function is_lawful_erasure(workspace uuid, place bigint, hash_fits boolean) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (
    select from audit_log_persons p join users u on u.id = p.user_id
    where p.workspace_id = workspace and p.seq = place and u.status = 'deleted' and (hash_fits or p.was_in_clear)
  );
end
$$;

-- migrate:down

create or replace function is_lawful_erasure(workspace uuid, place bigint, hash_fits boolean) returns boolean
language sql stable security definer set search_path = public, pg_temp
return exists (
  select from audit_log_persons p join users u on u.id = p.user_id
  where p.workspace_id = workspace and p.seq = place and u.status = 'deleted' and (hash_fits or p.was_in_clear)
);
