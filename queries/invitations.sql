-- name: CreateInvitation :one
-- Inviting an address again renews its open invitation: the earlier link stops working.
insert into invitations (workspace_id, email, role, token_hash, message, invited_by)
values (@workspace_id, lower(@email), @role, @token_hash, sqlc.narg(message), @invited_by)
on conflict (workspace_id, email) where accepted_at is null and revoked_at is null
do update set
  role = excluded.role,
  token_hash = excluded.token_hash,
  message = excluded.message,
  invited_by = excluded.invited_by,
  expires_at = excluded.expires_at,
  sent_count = invitations.sent_count + 1
returning *;

-- name: GetInvitationByToken :one
-- What the person who follows the link is shown. The link names the workspace.
select
  i.id, i.email, i.role, i.message, i.expires_at,
  w.name as workspace_name,
  w.slug as workspace_slug,
  p.display_name as invited_by_name
from live_invitations i
join workspaces w on w.id = i.workspace_id
left join user_profiles p on p.user_id = i.invited_by
where i.workspace_id = @workspace_id and w.id = @workspace_id and i.token_hash = @token_hash;

-- name: AcceptInvitation :one
-- The invited person becomes a member. No row when the link is not valid, is meant for another address, or
-- when the workspace has no free seat. Of two who take the last seat at the same moment, one fails at the end
-- of the transaction (workspaces_seats_check).
with accepted as (
  update invitations i
  set accepted_at = now(), accepted_by = u.id
  from users u, workspaces w
  where i.workspace_id = @workspace_id
    and i.token_hash = @token_hash
    and i.accepted_at is null
    and i.revoked_at is null
    and i.expires_at > now()
    and u.id = @user_id
    and u.email = i.email
    and u.status = 'active'
    and w.id = i.workspace_id
    and w.archived_at is null
    and (
      w.seat_limit is null
      or (select count(*) from workspace_members s where s.workspace_id = @workspace_id) < w.seat_limit
    )
  returning i.role, i.invited_by, i.accepted_by
)
insert into workspace_members as m (workspace_id, user_id, role, invited_by)
select @workspace_id, accepted_by, role, invited_by from accepted
on conflict (workspace_id, user_id) do update set role = greatest(m.role, excluded.role)
returning m.*;

-- name: ListInvitations :many
-- Invitations of every state, newest first.
-- @keyset
select i.id, i.email, i.role, i.created_at, i.expires_at, i.sent_count, i.accepted_at, i.revoked_at,
  case
    when i.accepted_at is not null then 'accepted'
    when i.revoked_at is not null then 'revoked'
    when i.expires_at <= now() then 'expired'
    else 'open'
  end as state,
  p.display_name as invited_by_name
from invitations i
left join user_profiles p on p.user_id = i.invited_by
where i.workspace_id = @workspace_id
order by i.created_at desc, i.id desc
limit @page_size;

-- name: ListOpenInvitationsForEmail :many
-- Shown to someone who just signed up. It looks across workspaces, because they belong to none yet.
-- @role solitude_worker
select i.workspace_id, i.id, i.role, i.expires_at, w.name as workspace_name
from live_invitations i
join workspaces w on w.id = i.workspace_id
where i.email = lower(@email)
order by i.created_at desc
limit 1000;

-- name: RevokeInvitation :execrows
-- The link stops working.
update invitations
set revoked_at = now()
where workspace_id = @workspace_id and id = @id and accepted_at is null and revoked_at is null;

-- name: CreateInvitations :batchone
-- Inviting a list of addresses. An address that has a live invitation, or is a member already, gives no row; an
-- invitation that has expired is renewed.
insert into invitations (workspace_id, email, role, token_hash, invited_by)
select @workspace_id::uuid, lower(@email), @role::workspace_role, @token_hash::bytea, @invited_by::uuid
where not exists (
  select from workspace_members m
  join users u on u.id = m.user_id
  where m.workspace_id = @workspace_id and u.email = lower(@email)
)
on conflict (workspace_id, email) where accepted_at is null and revoked_at is null
do update set
  role = excluded.role,
  token_hash = excluded.token_hash,
  invited_by = excluded.invited_by,
  expires_at = excluded.expires_at,
  sent_count = invitations.sent_count + 1
where invitations.expires_at <= excluded.created_at
returning id, email, expires_at;
