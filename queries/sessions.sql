-- name: CreateSession :one
-- A signed-in browser or device; the token is in its cookie only.
insert into sessions (user_id, token_hash, ip_address, user_agent, expires_at)
values (@user_id, @token_hash, sqlc.narg(ip_address), sqlc.narg(user_agent), now() + @valid_for::interval)
returning id, user_id, created_at, expires_at;

-- name: GetSession :one
-- Run on every request: who is signed in with this token.
select s.id as session_id, s.expires_at, s.last_used_at, u.id as user_id, u.email, u.status, p.display_name,
  p.locale
from sessions s
join live_users u on u.id = s.user_id
left join user_profiles p on p.user_id = u.id
where s.token_hash = @token_hash
  and s.revoked_at is null
  and s.expires_at > now();

-- name: TouchSession :exec
-- At most once a minute, so that reading does not become writing.
update sessions
set last_used_at = now()
where id = @id and last_used_at < now() - interval '1 minute';

-- name: RotateSessionToken :one
-- Gives a session a new token and a new end. No row when it is over, or its user may not sign in.
update sessions s
set token_hash = @new_token_hash, last_used_at = now(), expires_at = now() + @valid_for::interval
where s.token_hash = @token_hash and s.revoked_at is null and s.expires_at > now()
  and s.user_id in (select u.id from live_users u)
returning s.id, s.expires_at;

-- name: ListSessions :many
-- Where the user is signed in, the latest use first.
select id, ip_address, user_agent, created_at, last_used_at, expires_at,
  (id = @current_session_id::uuid) as is_current
from sessions
where user_id = @user_id and revoked_at is null and expires_at > now()
order by last_used_at desc
limit 1000;

-- name: RevokeSession :execrows
-- Ends one session of the user.
update sessions
set revoked_at = now(), revoked_reason = @reason
where id = @id and user_id = @user_id and revoked_at is null;

-- name: RevokeAllSessions :execrows
-- Ends every session of the user.
update sessions
set revoked_at = now(), revoked_reason = @reason
where user_id = @user_id and revoked_at is null;

-- name: DeleteExpiredSessions :execrows
-- Deletes in portions, so that no lock is held for long. Run it again until it deletes none.
delete from sessions
where id in (
  select id from sessions
  where expires_at < now() - interval '30 days'
  limit @batch_size
);
