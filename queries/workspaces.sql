-- name: CreateWorkspace :one
-- The workspace with its creator as owner. The founder only joins if the workspace could be created. In the scope of a
-- workspace that is to be made give its id: `db.workspace(randomUUID())`.
-- solitude-gen-ignore tenant-not-compared its key is made here where none is given
with new_workspace as (
  insert into workspaces (id, slug, name, region, created_by)
  values (coalesce(sqlc.narg(workspace_id)::uuid, gen_random_uuid()), @slug, @name, coalesce(sqlc.narg(region), 'eu'), @created_by)
  returning *
), founder as (
  insert into workspace_members (workspace_id, user_id, role)
  select id, created_by, 'owner' from new_workspace
  returning workspace_id, user_id, role
)
select w.id, w.slug, w.name, w.plan, w.region, w.created_by, w.created_at, f.role as founder_role
from new_workspace w
join founder f on f.workspace_id = w.id;

-- name: FindWorkspace :one
-- The id behind the name in a URL, to begin its scope with. Null where there is none.
select workspace_of_slug(@slug) as id;

-- name: GetWorkspace :one
-- A workspace by its id, unless it is archived.
select * from workspaces
where id = @workspace_id and archived_at is null;

-- name: GetWorkspaceBySlug :one
-- With what the given user is in it; null for someone who is no member.
-- @role solitude_worker
select sqlc.embed(workspace), m.role as member_role
from workspaces workspace
left join workspace_members m on m.workspace_id = workspace.id and m.user_id = @user_id
where workspace.slug = @slug and workspace.archived_at is null;

-- name: GetWorkspaceOverview :one
-- The figures on the front page.
select
  w.id as workspace_id,
  w.slug,
  w.name,
  w.plan,
  (select count(*) from workspace_members m where m.workspace_id = @workspace_id) as member_count,
  (select count(*) from agents a where a.workspace_id = @workspace_id and a.archived_at is null) as agent_count,
  (
    select count(*) from installations i where i.workspace_id = @workspace_id and i.status = 'active'
  ) as installation_count,
  (
    select count(*) from jobs j
    where j.workspace_id = @workspace_id and j.status in ('queued', 'running', 'waiting_approval')
  ) as open_job_count,
  (
    select coalesce(sum(f.stored_bytes), 0) from stored_files f where f.workspace_id = @workspace_id
  ) as stored_bytes,
  w.created_at
from workspaces w
where w.id = @workspace_id and w.archived_at is null;

-- name: ListWorkspacesOfUser :many
-- The workspaces to choose from, those in use first.
-- @role solitude_worker
select w.id, w.slug, w.name, w.plan, m.role, m.joined_at, latest.created_at as last_job_at
from workspace_members m
join workspaces w on w.id = m.workspace_id
left join lateral (
  select j.created_at
  from jobs j
  where j.workspace_id = w.id
  order by j.created_at desc, j.id desc
  limit 1
) latest on true
where m.user_id = @user_id and w.archived_at is null
order by latest.created_at desc nulls last, w.name, w.id
limit 1000;

-- name: UpdateWorkspace :one
-- Changes what is given and leaves the rest.
-- @optional name, slug
update workspaces
set name = @name, slug = @slug
where id = @workspace_id and archived_at is null
returning *;

-- name: ChangeWorkspacePlan :one
-- No row when the workspace has more members than the plan would allow.
update workspaces w
set plan = @plan, seat_limit = sqlc.narg(seat_limit)
where w.id = @workspace_id
  and w.archived_at is null
  and (
    sqlc.narg(seat_limit)::integer is null
    or (select count(*) from workspace_members m where m.workspace_id = @workspace_id) <= sqlc.narg(seat_limit)
  )
returning *;

-- name: SetWorkspaceLimits :execrows
-- What a run may use when the version of the agent does not say.
update workspaces
set default_limits = row(
  sqlc.narg(max_steps)::integer, sqlc.narg(max_seconds)::integer, sqlc.narg(max_tokens)::bigint
)::run_limits
where id = @workspace_id and archived_at is null;

-- name: ArchiveWorkspace :one
-- Ends what would go on working for it: keys, invitations, approvals, jobs, and its offers in the marketplace.
update workspaces
set archived_at = now()
where id = @workspace_id and archived_at is null
returning id, archived_at;

-- name: RestoreWorkspace :one
-- Makes an archived workspace live again. What archiving ended stays ended.
update workspaces
set archived_at = null
where id = @workspace_id and archived_at is not null
returning id, slug;

-- name: ListWorkspacesForAdministration :many
-- For the platform's administrators, newest first.
-- solitude-gen-ignore filter-without-index administrators alone ask, who look through all of them without a plan, too
-- @optional plan
-- @keyset
-- @role solitude_worker
select
  sqlc.embed(workspace),
  (select count(*) from workspace_members m where m.workspace_id = workspace.id) as member_count,
  (
    select max(u.last_seen_at) from workspace_members m join users u on u.id = m.user_id
    where m.workspace_id = workspace.id
  ) as last_seen_at
from workspaces workspace
where workspace.plan = @plan
order by workspace.created_at desc, workspace.id desc
limit @page_size;
