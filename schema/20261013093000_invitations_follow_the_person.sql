-- Invitations follow a person to another address, so that none is left with the earlier one when the person goes.

-- migrate:up

set local lock_timeout = '5s';

-- Those that were answered are looked for, too.
-- solitude-gen-ignore index-not-concurrent invitations are few, and writing one may wait for a moment
create index invitations_address_idx on invitations (email);
-- solitude-gen-ignore drop-index-not-concurrent invitations are few, and writing one may wait for a moment
drop index invitations_email_idx;

create function invitations_follow_address() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  at timestamptz := now();
begin
  -- An address has one open invitation to a workspace: the one that was for the new address stays.
  update invitations i set revoked_at = at
  where i.email = old.email and i.accepted_at is null and i.revoked_at is null and exists (
    select from invitations o
    where o.workspace_id = i.workspace_id and o.email = new.email and o.accepted_at is null and o.revoked_at is null
  );
  update invitations i set email = new.email where i.email = old.email;
  return null;
end
$$;
comment on function invitations_follow_address() is 'Trigger: what was sent to an address that somebody had verified is theirs at the next one.';
revoke execute on function invitations_follow_address() from public;
create trigger invitations_follow_address after update of email on users
  for each row when (new.email <> old.email and old.email_verified_at is not null and new.status <> 'deleted')
  execute function invitations_follow_address();

-- migrate:down

-- solitude-gen-ignore index-not-concurrent invitations are few, and writing one may wait for a moment
create index invitations_email_idx on invitations (email) where accepted_at is null and revoked_at is null;
drop index invitations_address_idx;
drop trigger invitations_follow_address on users;
drop function invitations_follow_address();
