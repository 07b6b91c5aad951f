-- What is live, said once. A query that lets somebody in, or lets something run, asks these views; what ends a thing
-- ends here, whichever query it was.

-- migrate:up

create view live_users with (security_invoker = true) as
select u.id, u.email, u.status, u.email_verified_at from users u where u.status in ('pending', 'active');
comment on view live_users is 'Those who may sign in: neither suspended nor deleted.';

create view live_workspaces with (security_invoker = true) as
select w.id, w.plan, w.region, w.seat_limit, w.default_limits from workspaces w where w.archived_at is null;
comment on view live_workspaces is 'Those in which something may happen: not archived.';

create view live_api_keys with (security_invoker = true) as
select k.workspace_id, k.id, k.key_hash, k.scopes, k.allowed_networks, k.rate_limit_per_minute, k.last_used_at,
  k.expires_at
from api_keys k
join live_workspaces w on w.id = k.workspace_id
where k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
comment on view live_api_keys is 'Keys that open something: neither revoked nor expired, of a live workspace.';

create view live_invitations with (security_invoker = true) as
select i.workspace_id, i.id, i.email, i.role, i.token_hash, i.message, i.invited_by, i.created_at, i.expires_at
from invitations i
join live_workspaces w on w.id = i.workspace_id
where i.accepted_at is null and i.revoked_at is null and i.expires_at > now();
comment on view live_invitations is 'Invitations that can be accepted.';

create view live_installations with (security_invoker = true) as
select
  i.workspace_id,
  i.id,
  i.listing_id,
  i.settings,
  l.publisher_workspace_id,
  case when i.auto_update then l.agent_version_id else i.agent_version_id end as agent_version_id
from installations i
join live_workspaces w on w.id = i.workspace_id
join listings l on l.id = i.listing_id
where i.status = 'active' and l.status in ('published', 'withdrawn');
comment on view live_installations is
  'Installations that can run. What is withdrawn goes on with those who have it; what is suspended does not.';
comment on column live_installations.agent_version_id is
  'The publisher''s version that runs: what the listing offers now where the installation follows it.';

-- A publisher's release is nobody's statement but the publisher's: installations that follow are not written.
alter table installations alter column auto_update set default false;

-- Sign-up and directory.

alter table users
  add column email_verified_through text,
  add column security_version integer not null default 0;
alter table users add constraint users_email_verified_through_check
  check (email_verified_through in ('link', 'directory')) not valid;
comment on column users.email_verified_through is
  'Who said that the address is theirs: a link that was sent to it, or the directory of a customer. Null is nobody yet, '
  'or before it was noted.';
comment on column users.security_version is
  'Goes up when the password, the address or the status changes: links that were sent before no longer work.';

-- Whoever signed up with the address before it was verified need not be who has it.
create function end_sign_ins_of_stranger() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from credentials c where c.user_id = new.id;
  delete from sessions s where s.user_id = new.id;
  delete from user_tokens t where t.user_id = new.id;
  delete from user_profiles p where p.user_id = new.id;
  return null;
end
$$;
comment on function end_sign_ins_of_stranger() is
  'Trigger: a pending account that a directory adopts keeps nothing of whoever made it.';
revoke execute on function end_sign_ins_of_stranger() from public;

create trigger end_sign_ins_of_stranger after update of status on users
  for each row
  when (old.status = 'pending' and new.status <> 'pending' and new.email_verified_through = 'directory')
  execute function end_sign_ins_of_stranger();

create function raise_security_version() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  new.security_version := old.security_version + 1;
  return new;
end
$$;
comment on function raise_security_version() is 'Trigger: links that were sent before no longer work.';
revoke execute on function raise_security_version() from public;

create trigger raise_security_version before update of email, status on users
  for each row
  when (old.email <> new.email or old.status <> new.status and new.status in ('suspended', 'deleted'))
  execute function raise_security_version();

create function raise_security_version_of_user() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update users u set security_version = u.security_version + 1 where u.id = new.user_id;
  return null;
end
$$;
comment on function raise_security_version_of_user() is
  'Trigger: links that were sent before the password changed no longer work.';
revoke execute on function raise_security_version_of_user() from public;

create trigger raise_security_version_of_user after update of secret_hash on credentials
  for each row when (new.kind = 'password' and old.secret_hash is distinct from new.secret_hash)
  execute function raise_security_version_of_user();

alter table user_tokens
  add column email text,
  add column security_version integer;
comment on column user_tokens.email is
  'The address that the link is about: the one it was sent to, and of a change_email the one that it confirms.';
comment on column user_tokens.security_version is 'The user''s, when the link was sent.';

-- Archived workspaces.

create function refuse_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  workspace uuid;
begin
  if tg_argv[0] = 'publisher' then
    workspace := new.publisher_workspace_id;
  else
    workspace := new.workspace_id;
  end if;
  if exists (select from workspaces w where w.id = workspace and w.archived_at is not null) then
    raise exception 'workspace % is archived', workspace
      using errcode = 'check_violation', constraint = 'workspaces_archived_check';
  end if;
  return new;
end
$$;
comment on function refuse_archived_workspace() is 'Trigger: nothing begins in an archived workspace.';
revoke execute on function refuse_archived_workspace() from public;

create trigger refuse_archived_workspace before insert on jobs
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on api_keys
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on invitations
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on installations
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on integrations
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on approval_requests
  for each row execute function refuse_archived_workspace('member');
create trigger refuse_archived_workspace before insert on listings
  for each row execute function refuse_archived_workspace('publisher');

create function end_archived_workspace() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update api_keys k set revoked_at = now() where k.workspace_id = new.id and k.revoked_at is null;
  update invitations i set revoked_at = now()
  where i.workspace_id = new.id and i.accepted_at is null and i.revoked_at is null;
  update approval_requests r set status = 'cancelled', completed_at = now()
  where r.workspace_id = new.id and r.status = 'pending';
  update jobs j
  set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null,
    error = 'workspace archived'
  where j.workspace_id = new.id and j.status in ('queued', 'running', 'waiting_approval');
  update listings l set status = 'withdrawn'
  where l.publisher_workspace_id = new.id and l.status <> 'withdrawn';
  return null;
end
$$;
comment on function end_archived_workspace() is
  'Trigger: what would go on working for an archived workspace ends: keys, invitations, approvals, jobs, offers.';
revoke execute on function end_archived_workspace() from public;

create trigger end_archived_workspace after update of archived_at on workspaces
  for each row when (old.archived_at is null and new.archived_at is not null)
  execute function end_archived_workspace();

-- Reviews.

create function refuse_own_review() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from listings l
    join workspace_members m on m.workspace_id = l.publisher_workspace_id and m.user_id = new.author_id
    where l.id = new.listing_id
  ) then
    raise exception 'a publisher does not review its own listing'
      using errcode = 'check_violation', constraint = 'reviews_author_check';
  end if;
  return new;
end
$$;
comment on function refuse_own_review() is 'Trigger: nobody reviews what their own workspace publishes.';
revoke execute on function refuse_own_review() from public;

create trigger refuse_own_review before insert on reviews
  for each row execute function refuse_own_review();

-- migrate:down

drop trigger refuse_own_review on reviews;
drop function refuse_own_review();
drop trigger end_archived_workspace on workspaces;
drop function end_archived_workspace();
drop trigger refuse_archived_workspace on listings;
drop trigger refuse_archived_workspace on approval_requests;
drop trigger refuse_archived_workspace on integrations;
drop trigger refuse_archived_workspace on installations;
drop trigger refuse_archived_workspace on invitations;
drop trigger refuse_archived_workspace on api_keys;
drop trigger refuse_archived_workspace on jobs;
drop function refuse_archived_workspace();
alter table user_tokens drop column email, drop column security_version;
drop trigger raise_security_version_of_user on credentials;
drop function raise_security_version_of_user();
drop trigger raise_security_version on users;
drop function raise_security_version();
drop trigger end_sign_ins_of_stranger on users;
drop function end_sign_ins_of_stranger();
alter table users drop column email_verified_through, drop column security_version;
alter table installations alter column auto_update set default true;
drop view live_installations;
drop view live_invitations;
drop view live_api_keys;
drop view live_workspaces;
drop view live_users;
