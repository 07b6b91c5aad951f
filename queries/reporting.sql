-- name: ListDailyUsage :many
-- The usage chart, with the average of the last seven days that had usage.
select
  day,
  job_count,
  tokens,
  tool_calls,
  cost_micros,
  avg(cost_micros) over (order by day rows between 6 preceding and current row) as average_cost_micros
from tenant_usage_daily
where workspace_id = @workspace_id and day between @first_day and @last_day
order by day
limit 1000;

-- name: RefreshWorkspaceUsage :exec
-- Brings the usage by day up to date.
-- @role solitude_worker
select refresh_workspace_usage();

-- name: ListTopSpenders :many
-- For the platform's operators: the workspaces that cost most in a period, and their share of all.
-- @role solitude_worker
select
  w.id,
  w.name,
  w.plan,
  sum(u.cost_micros)::bigint as cost_micros,
  round(100 * sum(u.cost_micros) / nullif(sum(sum(u.cost_micros)) over (), 0), 2) as percent,
  dense_rank() over (order by sum(u.cost_micros) desc) as place
from workspace_usage_daily u
join workspaces w on w.id = u.workspace_id
where u.day between @first_day and @last_day
group by w.id
order by cost_micros desc, w.id
limit @max_results;

-- name: SearchWorkspace :many
-- The search box of a workspace: agents, tools and datasets by the words in their names.
-- The caller escapes % and _ in the text.
select found.kind, found.id, found.name, found.description
from (
  select 'agent' as kind, a.id, a.name, a.description
  from agents a
  where a.workspace_id = @workspace_id and a.archived_at is null
  union all
  select 'tool', t.id, t.name, t.description
  from tool_definitions t
  where t.workspace_id = @workspace_id and t.is_enabled
  union all
  select 'dataset', d.id, d.name, d.description
  from datasets d
  where d.workspace_id = @workspace_id and d.deleted_at is null
) found
where found.name ilike '%' || @text::text || '%'
order by found.name, found.id
limit @max_results;

-- name: GetWorkspaceTree :one
-- A workspace with its members, agents and versions as one document: what a data export contains.
select jsonb_build_object(
  'workspace', jsonb_build_object('id', w.id, 'slug', w.slug, 'name', w.name, 'plan', w.plan),
  'members', coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('user_id', m.user_id, 'email', m.email, 'role', m.role)
        order by m.email
      )
      from workspace_directory m
      where m.workspace_id = @workspace_id
    ),
    '[]'
  ),
  'agents', coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('id', a.id, 'slug', a.slug, 'name', a.name, 'versions', versions.list)
        order by a.slug
      )
      from agents a
      cross join lateral (
        select coalesce(
          jsonb_agg(
            jsonb_build_object('version', v.version, 'status', v.status, 'published_at', v.published_at)
            order by v.version_order
          ),
          '[]'
        ) as list
        from agent_versions v
        where v.workspace_id = @workspace_id and v.agent_id = a.id
      ) versions
      where a.workspace_id = @workspace_id
    ),
    '[]'
  )
) as document
from workspaces w
where w.id = @workspace_id;
