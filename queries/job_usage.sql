-- name: RecordJobUsage :copyfrom
-- Workers collect usage and write it in one go.
insert into job_usage (workspace_id, job_id, kind, model, quantity, cost_micros, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: AddJobUsage :batchexec
-- As RecordJobUsage, for usage that comes late, perhaps of jobs that are gone: those are passed over.
insert into job_usage (workspace_id, job_id, kind, model, quantity, cost_micros)
select j.workspace_id, j.id, @kind, sqlc.narg(model), @quantity, @cost_micros
from jobs j
where j.workspace_id = @workspace_id and j.id = @job_id
-- Without this, rows go to other nodes by COPY, which policies refuse.
on conflict do nothing;

-- name: GetJobUsage :many
-- What a job used and what that cost, by kind and model.
select kind, model, sum(quantity) as quantity, sum(cost_micros)::bigint as cost_micros
from job_usage
where workspace_id = @workspace_id and job_id = @job_id
group by kind, model
order by kind, model
limit 1000;

-- name: SumWorkspaceCost :one
-- What the workspace has used in the period so far. Always one row.
select
  coalesce(sum(cost_micros), 0)::bigint as cost_micros,
  coalesce(sum(quantity) filter (where kind = 'input_tokens'), 0) as input_tokens,
  coalesce(sum(quantity) filter (where kind = 'output_tokens'), 0) as output_tokens,
  max(recorded_at) as latest_at
from job_usage
where workspace_id = @workspace_id and recorded_at >= @from_time and recorded_at < @to_time;

-- name: SumUsageByKindAndModel :many
-- The bill: each kind and model, with the subtotal of each kind and the total, which have no model or no
-- kind.
select
  kind,
  model,
  sum(quantity) as quantity,
  sum(cost_micros)::bigint as cost_micros,
  grouping(kind) = 1 as is_total,
  grouping(model) = 1 and grouping(kind) = 0 as is_subtotal
from job_usage
where workspace_id = @workspace_id and recorded_at >= @from_time and recorded_at < @to_time
group by rollup (kind, model)
order by grouping(kind), kind, grouping(model), model
limit 1000;
