-- name: CreateAgent :one
-- A draft, without a version yet.
insert into agents (workspace_id, slug, name, description, labels, created_by)
values (@workspace_id, @slug, @name, @description, coalesce(sqlc.narg(labels)::jsonb, '{}'), @created_by)
returning *;

-- name: GetAgent :one
-- An agent by its id, archived or not.
select * from agents
where workspace_id = @workspace_id and id = @id;

-- name: GetAgentWithCurrentVersion :one
-- An agent by the name in its URL; the version is null until one is published.
select sqlc.embed(agent), sqlc.embed(version)
from agents agent
left join agent_versions version on version.workspace_id = agent.workspace_id and version.id = agent.current_version_id
where agent.workspace_id = @workspace_id and agent.slug = @slug and agent.archived_at is null;

-- name: ListAgents :many
-- Agents that are not archived, newest first.
-- @keyset
select a.id, a.slug, a.name, a.description, a.status, a.created_at, v.version as current_version, v.model
from agents a
left join agent_versions v on v.workspace_id = a.workspace_id and v.id = a.current_version_id
where a.workspace_id = @workspace_id
  and a.archived_at is null
order by a.created_at desc, a.id desc
limit @page_size;

-- name: ListCurrentAgents :many
-- Agents that can be run.
select agent_id, slug, name, version_id, version, model, published_at
from current_agents
where workspace_id = @workspace_id and version_id is not null
order by name, agent_id
limit 1000;

-- name: UpdateAgent :one
-- Changes what is given and leaves the rest; labels are merged.
-- @optional name, description, labels
update agents
set name = @name, description = @description, labels = labels || @labels::jsonb
where workspace_id = @workspace_id and id = @id and archived_at is null
returning *;

-- name: ArchiveAgent :execrows
-- An agent that is offered in the marketplace has to be withdrawn first.
update agents a
set status = 'archived', archived_at = now()
where a.workspace_id = @workspace_id
  and a.id = @id
  and a.archived_at is null
  and not exists (
    select from listings l
    where l.publisher_workspace_id = a.workspace_id and l.agent_id = a.id and l.status <> 'withdrawn'
  );

-- name: CreateAgentVersion :one
-- A draft of an agent's next version, without tools.
insert into agent_versions (
  workspace_id, agent_id, version, model, instructions, parameters, limits, input_schema, output_schema,
  release_notes, created_by
)
values (
  @workspace_id, @agent_id, @version, @model, @instructions, @parameters, sqlc.narg(limits),
  sqlc.narg(input_schema), sqlc.narg(output_schema), sqlc.narg(release_notes), @created_by
)
returning *;

-- name: CopyAgentVersion :one
-- A new draft with everything of an earlier version, tools included.
with source as (
  select * from agent_versions v
  where v.workspace_id = @workspace_id and v.id = @source_version_id
), draft as (
  insert into agent_versions (
    workspace_id, agent_id, version, model, instructions, parameters, limits, input_schema, output_schema,
    created_by
  )
  select @workspace_id, agent_id, @version, model, instructions, parameters, limits, input_schema,
    output_schema,
    @created_by
  from source
  returning *
), tools as (
  insert into agent_version_tools (
    workspace_id, agent_version_id, tool_version_id, alias, settings, requires_approval
  )
  select @workspace_id, d.id, t.tool_version_id, t.alias, t.settings, t.requires_approval
  from draft d
  join agent_version_tools t on t.workspace_id = @workspace_id and t.agent_version_id = @source_version_id
  returning tool_version_id
)
select d.id, d.agent_id, d.version, d.status, d.created_at, (select count(*) from tools) as tool_count
from draft d;

-- name: UpdateDraftAgentVersion :one
-- Changes what is given and leaves the rest. No row when it is no draft.
-- @optional model, instructions, parameters, limits, input_schema, output_schema, release_notes
update agent_versions
set
  model = @model,
  instructions = @instructions,
  parameters = @parameters,
  limits = @limits,
  input_schema = @input_schema,
  output_schema = @output_schema,
  release_notes = @release_notes
where workspace_id = @workspace_id and id = @id and status = 'draft'
returning *;

-- name: SetAgentVersionTools :execrows
-- Gives a draft exactly these tools. An alias is the name under which the model sees the tool, settings are the tool's own.
with draft as (
  select v.workspace_id, v.id
  from agent_versions v
  where v.workspace_id = @workspace_id and v.id = @agent_version_id and v.status = 'draft'
  for update
), wanted as (
  select * from json_to_recordset(@tools::json) as w (
    tool_version_id uuid, requires_approval boolean, alias text, settings jsonb
  )
), removed as (
  delete from agent_version_tools t
  using draft d
  where t.workspace_id = @workspace_id
    and t.agent_version_id = d.id
    and not exists (select from wanted w where w.tool_version_id = t.tool_version_id)
)
insert into agent_version_tools (
  workspace_id, agent_version_id, tool_version_id, requires_approval, alias, settings
)
select @workspace_id, d.id, wanted.tool_version_id, wanted.requires_approval, wanted.alias,
  coalesce(wanted.settings, '{}')
from draft d
cross join wanted
on conflict (workspace_id, agent_version_id, tool_version_id)
do update set
  requires_approval = excluded.requires_approval,
  alias = excluded.alias,
  settings = excluded.settings;

-- name: PublishAgentVersion :one
-- The version becomes the one that new jobs run. No row when it is not a draft, or its agent is archived; the version
-- is then left as it was.
with agent as (
  select a.workspace_id, a.id
  from agents a
  join agent_versions d on d.workspace_id = a.workspace_id and d.agent_id = a.id
  where a.workspace_id = @workspace_id and d.workspace_id = @workspace_id and d.id = @id and a.archived_at is null
  for no key update of a
), published as (
  update agent_versions v
  set status = 'published', published_at = now()
  from agent
  where v.workspace_id = @workspace_id and v.id = @id and v.status = 'draft' and v.agent_id = agent.id
  returning v.workspace_id, v.agent_id, v.id, v.version, v.published_at
)
update agents a
set current_version_id = p.id, status = 'active'
from published p
where a.workspace_id = @workspace_id and a.id = p.agent_id
returning a.id as agent_id, a.name, p.id as version_id, p.version, p.published_at;

-- name: RollBackAgent :one
-- Makes an earlier published version the current one.
update agents a
set current_version_id = v.id
from agent_versions v
where a.workspace_id = @workspace_id
  and a.id = @agent_id
  and v.workspace_id = a.workspace_id
  and v.agent_id = a.id
  and v.version = @version
  and v.status = 'published'
returning a.id, a.name, v.id as version_id, v.version;

-- name: DeprecateAgentVersion :execrows
-- It goes on running where it runs; nothing new should begin with it.
update agent_versions
set status = 'deprecated'
where workspace_id = @workspace_id and id = @id and status = 'published';

-- name: ListAgentVersions :many
-- Newest first, each with whether its instructions differ from those of the version before it.
select
  v.id,
  v.version,
  v.status,
  v.model,
  v.release_notes,
  v.published_at,
  p.display_name as created_by_name,
  (v.id = a.current_version_id) as is_current,
  v.instructions_sha256 is distinct from
    lag(v.instructions_sha256) over (order by v.version_order, v.created_at) as instructions_changed
from agent_versions v
join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
left join user_profiles p on p.user_id = v.created_by
where v.workspace_id = @workspace_id and v.agent_id = @agent_id
order by v.version_order desc, v.created_at desc
limit 1000;

-- name: GetAgentDefinition :one
-- All that a worker needs to run a version in a workspace, be it the workspace's own or one that it has installed: the
-- version with its tools as a tree, each with the secret that the pinned version names, and the limits that hold, which
-- are those of the workspace that runs it.
-- @role solitude_worker
with runner as (
  select w.id, w.default_limits from live_workspaces w where w.id = @workspace_id
), source as (
  select r.id as workspace_id from runner r
  union
  select i.publisher_workspace_id
  from live_installations i
  where i.workspace_id = @workspace_id and i.agent_version_id = @id
)
select
  v.id,
  v.agent_id,
  v.workspace_id as publisher_workspace_id,
  v.version,
  v.model,
  v.instructions,
  v.parameters,
  coalesce((v.limits).max_steps, (r.default_limits).max_steps) as max_steps,
  coalesce((v.limits).max_seconds, (r.default_limits).max_seconds) as max_seconds,
  coalesce((v.limits).max_tokens, (r.default_limits).max_tokens) as max_tokens,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'name', coalesce(t.alias, d.slug),
          'description', d.description,
          'transport', d.transport,
          'version', tv.version,
          'endpoint', tv.endpoint,
          'secret_ref', tv.secret_ref,
          'settings', t.settings,
          'input_schema', tv.input_schema,
          'output_schema', tv.output_schema,
          'timeout_seconds', tv.timeout_seconds,
          'is_idempotent', tv.is_idempotent,
          'requires_approval', t.requires_approval
        )
        order by d.slug
      )
      from agent_version_tools t
      join tool_versions tv on tv.workspace_id = t.workspace_id and tv.id = t.tool_version_id
      join tool_definitions d on d.workspace_id = tv.workspace_id and d.id = tv.tool_id
      where t.workspace_id = v.workspace_id and t.agent_version_id = v.id and d.is_enabled
    ),
    '[]'
  ) as tools
from runner r
cross join source s
join agent_versions v on v.workspace_id = s.workspace_id and v.id = @id
order by v.workspace_id
limit 1;

-- name: GetJobAgent :one
-- Which version a job runs, for GetAgentDefinition: the workspace's own, or what the installation has now. No row when
-- the installation can no longer run.
-- @role solitude_worker
select j.id, coalesce(j.agent_version_id, i.agent_version_id) as agent_version_id, i.settings as installation_settings
from jobs j
left join live_installations i on i.workspace_id = j.workspace_id and i.id = j.installation_id
where j.workspace_id = @workspace_id and j.id = @id and num_nonnulls(j.agent_version_id, i.agent_version_id) = 1;
