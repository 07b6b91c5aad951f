-- Who did something is whom the session acts for, not what a statement says: a service writes an entry of somebody's only where the scope
-- says for whom it acts. The owner of the tables, whom no policy holds, may name anybody, as a restore does.

-- migrate:up

set local lock_timeout = '5s';

create or replace function bind_audit_actor() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  actor uuid := nullif(current_setting('solitude.actor_id', true), '')::uuid;
begin
  if actor is null and row_security_active('audit_logs') and (new.actor_kind <> 'system' or new.actor_id is not null) then
    raise exception 'the session acts for nobody' using errcode = 'insufficient_privilege',
      hint = 'Set solitude.actor_id, as db.workspace(id, { actor }) does.';
  end if;
  if new.actor_id <> actor then
    raise exception 'the session acts for %, not for %', actor, new.actor_id using errcode = 'insufficient_privilege';
  end if;
  if actor is not null and new.actor_kind <> 'system' then
    new.actor_id := actor;
  end if;
  return new;
end
$$;
comment on function bind_audit_actor() is
  'Trigger: the actor of an entry is the one of the setting solitude.actor_id; without one, a service writes entries of nobody.';

-- migrate:down

create or replace function bind_audit_actor() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  actor uuid := nullif(current_setting('solitude.actor_id', true), '')::uuid;
begin
  if new.actor_id <> actor then
    raise exception 'the session acts for %, not for %', actor, new.actor_id using errcode = 'insufficient_privilege';
  end if;
  if actor is not null and new.actor_kind <> 'system' then
    new.actor_id := actor;
  end if;
  return new;
end
$$;
comment on function bind_audit_actor() is
  'Trigger: the actor of an entry is the one of the setting solitude.actor_id, where there is one.';
