-- name: InstallListing :one
-- Installs what the listing offers now; with auto_update it follows the listing to later versions. No row when it is not
-- offered to this workspace. Installing it again resumes it.
insert into installations as i (workspace_id, listing_id, agent_version_id, settings, auto_update, installed_by)
select @workspace_id::uuid, l.id, l.agent_version_id, coalesce(sqlc.narg(settings)::jsonb, '{}'),
  coalesce(sqlc.narg(auto_update)::boolean, false), @installed_by::uuid
from listings l
where l.id = @listing_id
  and l.status = 'published'
  and (l.visibility <> 'private' or l.publisher_workspace_id = @workspace_id)
on conflict (workspace_id, listing_id) where status <> 'uninstalled'
do update set status = 'active', agent_version_id = excluded.agent_version_id
returning i.*;

-- name: GetInstallation :one
-- An installation with its listing.
-- solitude-gen-ignore tenant-key-missing what is installed is its publisher's
select sqlc.embed(installation), sqlc.embed(listing)
from installations installation
join listings listing on listing.id = installation.listing_id
where installation.workspace_id = @workspace_id and installation.id = @id;

-- name: ListInstallations :many
-- With whether the listing has moved on to another version.
-- @role solitude_worker
with installed as materialized (
  select i.id, i.status, i.created_at, i.auto_update, i.listing_id, i.agent_version_id, r.rating
  from installations i
  left join reviews r
    on r.workspace_id = i.workspace_id and r.listing_id = i.listing_id and r.author_id = @user_id
  where i.workspace_id = @workspace_id and i.status <> 'uninstalled'
)
select
  i.id,
  i.status,
  i.created_at,
  i.auto_update,
  l.id as listing_id,
  l.title,
  l.slug,
  v.version,
  (not i.auto_update and i.agent_version_id <> l.agent_version_id) as has_update,
  i.rating as own_rating
from installed i
join listings l on l.id = i.listing_id
join agent_versions v
  on v.workspace_id = l.publisher_workspace_id
  and v.id = case when i.auto_update then l.agent_version_id else i.agent_version_id end
order by l.title, i.id
limit 1000;

-- name: ConfigureInstallation :one
-- Changes what is given and leaves the rest.
-- @optional settings, auto_update
update installations
set settings = @settings, auto_update = @auto_update
where workspace_id = @workspace_id and id = @id and status <> 'uninstalled'
returning *;

-- name: PauseInstallation :execrows
-- It starts no jobs until it is installed again.
update installations
set status = 'paused'
where workspace_id = @workspace_id and id = @id and status = 'active';

-- name: UninstallListing :execrows
-- It starts no jobs any more; those that ran keep it.
update installations
set status = 'uninstalled', uninstalled_at = now()
where workspace_id = @workspace_id and id = @id and status <> 'uninstalled';

-- name: CountInstallationsByWeek :many
-- For the publisher: new installations of each week, and how that compares with the week before.
-- @role solitude_worker
select
  date_trunc('week', i.created_at)::date as week,
  count(*) as installations,
  count(*) - lag(count(*)) over (order by date_trunc('week', i.created_at)) as change
from installations i
join listings l on l.id = i.listing_id
where l.publisher_workspace_id = @publisher_workspace_id
  and l.id = @listing_id
  and i.created_at >= @since::timestamptz
group by date_trunc('week', i.created_at)
order by week
limit 1000;
