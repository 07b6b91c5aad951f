-- name: CreateApiKey :one
-- Stores the hash of a key; the key itself is shown once and kept by nobody.
insert into api_keys (
  workspace_id, name, prefix, key_hash, scopes, allowed_networks, rate_limit_per_minute, created_by,
  expires_at
)
values (
  @workspace_id, @name, @prefix, @key_hash, @scopes, sqlc.narg(allowed_networks),
  sqlc.narg(rate_limit_per_minute),
  @created_by, sqlc.narg(expires_at)
)
returning id, name, prefix, scopes, created_at, expires_at;

-- name: AuthenticateApiKey :one
-- Run on every call of the API. Use is noted at most once a minute, by TouchApiKey.
select k.id, k.scopes, k.rate_limit_per_minute, k.last_used_at, w.plan, w.region
from live_api_keys k
join live_workspaces w on w.id = k.workspace_id
where k.workspace_id = @workspace_id
  and w.id = @workspace_id
  and k.key_hash = @key_hash
  and (k.allowed_networks is null or sqlc.arg(ip_address)::inet <<= any(k.allowed_networks));

-- name: TouchApiKey :exec
-- Notes that a key was used, at most once a minute.
update api_keys
set last_used_at = now()
where workspace_id = @workspace_id
  and id = @id
  and (last_used_at is null or last_used_at < now() - interval '1 minute');

-- name: ListApiKeys :many
-- Keys that are not revoked, newest first, without their hashes.
select k.id, k.name, k.prefix, k.scopes, k.created_at, k.last_used_at, k.expires_at,
  p.display_name as created_by_name
from api_keys k
left join user_profiles p on p.user_id = k.created_by
where k.workspace_id = @workspace_id and k.revoked_at is null
order by k.created_at desc, k.id desc
limit 1000;

-- name: RotateApiKey :one
-- Makes a key with the rights of the old one, and its end; the old one goes on working for the given time. No row for a
-- key that is revoked or has expired.
with old_key as (
  select k.*
  from api_keys k
  join live_api_keys l on l.workspace_id = k.workspace_id and l.id = k.id
  where k.workspace_id = @workspace_id and l.workspace_id = @workspace_id and k.id = @id
  for update of k
), ending as (
  update api_keys k
  set expires_at = least(k.expires_at, now() + @overlap::interval)
  from old_key o
  where k.workspace_id = @workspace_id and k.id = o.id
)
insert into api_keys (
  workspace_id, name, prefix, key_hash, scopes, allowed_networks, rate_limit_per_minute, created_by, expires_at
)
select @workspace_id, name, @prefix, @key_hash, scopes, allowed_networks, rate_limit_per_minute, @created_by,
  expires_at
from old_key
returning id, name, prefix, scopes, created_at, expires_at;

-- name: RevokeApiKey :execrows
-- The key opens nothing from now on.
update api_keys
set revoked_at = now()
where workspace_id = @workspace_id and id = @id and revoked_at is null;

-- name: ListUnusedApiKeys :many
-- Keys that should be revoked, because nobody has used them for the given number of days.
select id, name, prefix, created_at, last_used_at
from api_keys
where workspace_id = @workspace_id
  and revoked_at is null
  and coalesce(last_used_at, created_at) < now() - make_interval(days => @days)
order by coalesce(last_used_at, created_at)
limit 1000;
