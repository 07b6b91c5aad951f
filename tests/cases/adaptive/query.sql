-- name: SearchAgents :many
-- Agents of the marketplace, a page at a time.
-- @optional status, min_price, max_price, q, tag
-- @sort newest: published_at | cheapest: price_cents | best: rating | name
-- @keyset
select a.id, a.slug, a.name, a.status, a.price_cents, a.rating, a.published_at, w.name as workspace
from agent a
join workspace w on w.id = a.workspace_id
where a.workspace_id = @workspace_id
  and a.status = @status
  and a.price_cents >= @min_price
  and a.price_cents <= @max_price
  and (a.name ilike @q or a.blurb ilike @q)
  and exists (select from agent_tag t where t.agent_id = a.id and t.name = @tag)
order by a.published_at desc nulls last, a.price_cents nulls last, a.rating desc nulls last, a.name, a.id
limit @page_size;

-- name: ListRuns :many
-- @optional statuses, agent_id, since
-- @keyset
select r.id, r.status, r.started_at, r.cost_micros, v.agent_id
from run r
join agent_version v on v.id = r.agent_version_id
where r.workspace_id = @workspace_id
  and r.status = any(@statuses::run_status[])
  and v.agent_id = @agent_id
  and r.started_at >= @since
order by r.id desc
limit @page_size;

-- name: CountRuns :one
select count(*) as runs
from run r
where r.workspace_id = @workspace_id
  and (sqlc.narg(status)::run_status is null or r.status = sqlc.narg(status))
  and (sqlc.narg(since)::timestamptz is null or r.started_at >= sqlc.narg(since));

-- name: UpdateAgent :one
-- @optional name, blurb, price_cents, status
update agent
set name = @name,
    blurb = @blurb,
    price_cents = @price_cents,
    status = @status,
    updated_at = now()
where workspace_id = @workspace_id and id = @id
returning *;

-- name: PruneRuns :execrows
-- @optional status, before
delete from run
where workspace_id = @workspace_id
  and status = @status
  and finished_at < @before;

-- name: UsageByAgent :many
-- @optional from_time, to_time, min_cost
select v.agent_id, count(*) as runs, sum(r.cost_micros) as cost
from run r
join agent_version v on v.id = r.agent_version_id
where r.workspace_id = @workspace_id
  and r.started_at >= @from_time
  and r.started_at < @to_time
group by v.agent_id
having sum(r.cost_micros) >= @min_cost
order by cost desc, v.agent_id;

-- name: LatestRuns :many
-- @optional status, max_rows
with latest as (
  select distinct on (r.agent_version_id) r.agent_version_id, r.id, r.status
  from run r
  where r.workspace_id = @workspace_id and r.status = @status
  order by r.agent_version_id, r.id desc
)
select v.agent_id, l.id, l.status
from latest l
join agent_version v on v.id = l.agent_version_id
order by l.id desc
limit @max_rows;

-- name: FindAgents :many
-- Everything may be left out, in parentheses of either kind.
-- @optional q, tag, min_price, max_rows, skip
select a.id, a.name
from agent a
join workspace w on w.id = a.workspace_id and w.plan = @plan and a.price_cents >= @min_price
where (a.name ilike @q or (a.installs > 10 and a.blurb ilike @q) or exists (select from agent_tag t where t.agent_id = a.id and t.name = @tag))
order by a.id
limit @max_rows
offset @skip;

-- name: MoveRuns :execrows
-- @optional status, ids
with moved as (
  update run set status = @new_status where workspace_id = @workspace_id and (status = @status or id = any(@ids::bigint[])) returning agent_version_id
)
update agent_version set notes = 'moved' from moved where agent_version.id = moved.agent_version_id;

-- name: FilterRuns :many
-- Every form of the idiom, which is decided before it is sent.
select r.id
from run r
where (sqlc.narg(status)::run_status is null or r.status = sqlc.narg(status))
  and (r.started_at >= sqlc.narg(since) or sqlc.narg(since)::timestamptz is null)
  and (r.workspace_id = @workspace_id or (r.error is not null and (sqlc.narg(cost)::bigint is null or r.cost_micros > sqlc.narg(cost))))
order by r.id;

-- name: PatchReview :one
-- Here nothing is always set.
-- @optional author, stars, body
update review set author = @author, stars = @stars, body = @body where id = @id returning *;

-- name: ListReviews :many
-- @sort stars | newest: created_at
select r.* from review r where r.agent_id = @agent_id order by r.stars desc, r.created_at desc nulls last, r.id;
