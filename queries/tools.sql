-- name: CreateTool :one
-- A tool without a version yet.
insert into tool_definitions (workspace_id, slug, name, description, transport, tags, created_by)
values (@workspace_id, @slug, @name, @description, @transport, @tags, @created_by)
returning *;

-- name: CreateToolVersion :one
-- The next version. Of two created at the same time one fails on the unique version, and is to be tried
-- again.
insert into tool_versions (
  workspace_id, tool_id, version, input_schema, output_schema, endpoint, secret_ref, timeout_seconds,
  is_idempotent,
  created_by
)
select
  t.workspace_id,
  t.id,
  1 + coalesce(
    (select max(v.version) from tool_versions v where v.workspace_id = @workspace_id and v.tool_id = t.id),
    0
  ),
  @input_schema::jsonb,
  sqlc.narg(output_schema)::jsonb,
  sqlc.narg(endpoint),
  sqlc.narg(secret_ref),
  @timeout_seconds::integer,
  @is_idempotent::boolean,
  @created_by::uuid
from tool_definitions t
where t.workspace_id = @workspace_id and t.id = @tool_id
returning *;

-- name: GetTool :one
-- With its latest version that is not deprecated, if there is one.
select sqlc.embed(tool), sqlc.embed(version)
from tool_definitions tool
left join tool_versions version
  on version.workspace_id = tool.workspace_id
  and version.tool_id = tool.id
  and version.version = (
    select max(latest.version)
    from tool_versions latest
    where latest.workspace_id = @workspace_id and latest.tool_id = tool.id and latest.deprecated_at is null
  )
where tool.workspace_id = @workspace_id and tool.slug = @slug;

-- name: ListTools :many
-- With tags given, only tools that have all of them.
-- @optional tags
select t.id, t.slug, t.name, t.description, t.transport, t.tags, t.is_enabled,
  latest.version as latest_version,
  latest.created_at as latest_version_at
from tool_definitions t
left join lateral (
  select v.version, v.created_at
  from tool_versions v
  where v.workspace_id = @workspace_id and v.tool_id = t.id and v.deprecated_at is null
  order by v.version desc
  limit 1
) latest on true
where t.workspace_id = @workspace_id
  and t.tags @> @tags::text[]
  and (t.is_enabled or @include_disabled::boolean)
order by t.name, t.id
limit 1000;

-- name: UpdateTool :one
-- Changes what is given and leaves the rest.
-- @optional name, description, tags, is_enabled
update tool_definitions
set name = @name, description = @description, tags = @tags, is_enabled = @is_enabled
where workspace_id = @workspace_id and id = @id
returning *;

-- name: DeprecateToolVersion :execrows
-- It goes on working where it is pinned; GetTool gives an earlier one.
update tool_versions
set deprecated_at = now()
where workspace_id = @workspace_id and id = @id and deprecated_at is null;

-- name: ListToolUsers :many
-- The agents that would notice if the tool changed.
select distinct on (a.id) a.id as agent_id, a.name as agent_name, v.version as agent_version,
  tv.version as tool_version
from tool_versions tv
join agent_version_tools avt on avt.workspace_id = tv.workspace_id and avt.tool_version_id = tv.id
join agent_versions v on v.workspace_id = avt.workspace_id and v.id = avt.agent_version_id
join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
where tv.workspace_id = @workspace_id and tv.tool_id = @tool_id and a.archived_at is null
order by a.id, v.version_order desc
limit 1000;
