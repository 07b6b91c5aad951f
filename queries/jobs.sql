-- name: CreateJob :one
-- A job of one of the workspace's own agents. Asking again with the same idempotency key gives the job that is there, which
-- is_new tells from one that was made; no row where what is asked for with the key is something else.
insert into jobs as j (
  workspace_id, agent_version_id, parent_job_id, activity_schema_id, activity_schema_version, task_queue,
  priority,
  input, idempotency_key, run_after, requested_by
)
values (
  @workspace_id, @agent_version_id::uuid, sqlc.narg(parent_job_id), sqlc.narg(activity_schema_id),
  sqlc.narg(activity_schema_version), @task_queue, @priority, @input, sqlc.narg(idempotency_key),
  coalesce(sqlc.narg(run_after), now()), sqlc.narg(requested_by)
)
on conflict (workspace_id, idempotency_key) where idempotency_key is not null
do update set idempotency_key = excluded.idempotency_key
where j.agent_version_id = excluded.agent_version_id
  and j.input = excluded.input
  and j.parent_job_id is not distinct from excluded.parent_job_id
returning *, (xmax = 0) as is_new;

-- name: CreateInstalledAgentJob :one
-- A job of an agent from the marketplace. No row when it is paused or uninstalled, or when its listing is suspended.
insert into jobs (workspace_id, installation_id, task_queue, input, requested_by)
select i.workspace_id, i.id, @task_queue, @input, sqlc.narg(requested_by)
from live_installations i
where i.workspace_id = @workspace_id and i.id = @installation_id
returning *;

-- name: CreateJobs :many
-- Many jobs of one agent version, one for each input.
insert into jobs (workspace_id, agent_version_id, task_queue, input, requested_by)
select v.workspace_id, v.id, @task_queue, i.input, sqlc.narg(requested_by)
from agent_versions v
cross join unnest(@inputs::jsonb[]) as i (input)
where v.workspace_id = @workspace_id and v.id = @agent_version_id and v.status = 'published'
returning id, mongo_collection, created_at;

-- name: PickUpJobs :many
-- For workers, which serve all tenants: takes jobs and leases them; every change by the worker gives the lease's number.
-- Tenants take turns, from a different one each time, and within a tenant the most urgent job comes first. Jobs that
-- another worker is taking at the same time are passed over, so workers do not wait for each other.
-- solitude-gen-ignore refused-when-distributed on many nodes each has workers of its own
-- @role solitude_worker
with recursive tenants as (
  select
    coalesce(
      (
        select j.workspace_id from jobs j
        where j.task_queue = @task_queue and j.status = 'queued' and j.is_ready and j.workspace_id > start.id
        order by j.workspace_id limit 1
      ),
      (
        select j.workspace_id from jobs j
        where j.task_queue = @task_queue and j.status = 'queued' and j.is_ready
        order by j.workspace_id limit 1
      )
    ) as workspace_id,
    1 as turn
  from (select gen_random_uuid() as id) start
  union all
  select
    coalesce(
      (
        select j.workspace_id from jobs j
        where j.task_queue = @task_queue and j.status = 'queued' and j.is_ready and j.workspace_id > t.workspace_id
        order by j.workspace_id limit 1
      ),
      (
        select j.workspace_id from jobs j
        where j.task_queue = @task_queue and j.status = 'queued' and j.is_ready
        order by j.workspace_id limit 1
      )
    ),
    t.turn + 1
  from tenants t
  where t.workspace_id is not null and t.turn < least(@batch_size::bigint, 20)
), waiting as (
  select
    c.workspace_id, c.id, c.priority, c.run_after,
    row_number() over (partition by c.workspace_id order by c.priority desc, c.run_after, c.id) as turn
  from (select distinct workspace_id from tenants) t
  cross join lateral (
    select j.workspace_id, j.id, j.priority, j.run_after
    from jobs j
    where j.task_queue = @task_queue and j.status = 'queued' and j.is_ready and j.workspace_id = t.workspace_id
    order by j.priority desc, j.run_after, j.id
    limit @batch_size::bigint * 2
  ) c
  union all
  (
    select j.workspace_id, j.id, j.priority, j.run_after, 1
    from jobs j
    where j.task_queue = @task_queue and j.status = 'queued' and not j.is_ready and j.run_after <= now()
    order by j.run_after
    limit @batch_size::bigint
  )
), next_jobs as (
  select j.workspace_id, j.id, now() as at
  from (
    -- As many as each of ten workers at the same moment may take: of an unknown number all jobs there are would be read.
    select w.workspace_id, w.id, w.turn, w.priority, w.run_after
    from waiting w
    order by w.turn, w.priority desc, w.run_after, w.id
    limit @batch_size::bigint * 10
  ) c
  join jobs j on j.workspace_id = c.workspace_id and j.id = c.id
  where j.status = 'queued' and j.run_after <= now()
  order by c.turn, c.priority desc, c.run_after, c.id
  limit @batch_size::bigint
  for update of j skip locked
)
update jobs j
set
  status = 'running',
  locked_by = @worker,
  locked_until = now() + @lease::interval,
  lease_number = j.lease_number + 1,
  attempt = j.attempt + 1,
  started_at = coalesce(j.started_at, n.at)
from next_jobs n
where j.workspace_id = n.workspace_id and j.id = n.id
returning j.*;

-- name: RenewJobLease :execrows
-- Changes no row when the lease was lost; the worker then has to stop.
update jobs
set locked_until = now() + @lease::interval
where workspace_id = @workspace_id and id = @id and status = 'running' and locked_by = @worker
  and lease_number = @lease_number;

-- name: RenewJobLeases :batchone
-- As RenewJobLease, for all jobs of a worker at once, and says until when.
update jobs
set locked_until = now() + @lease::interval
where workspace_id = @workspace_id and id = @id and status = 'running' and locked_by = @worker
  and lease_number = @lease_number
returning id, locked_until;

-- name: SetJobTemporalRun :execrows
-- Notes which workflow of Temporal's runs the job.
update jobs
set temporal_workflow_id = @temporal_workflow_id, temporal_run_id = @temporal_run_id
where workspace_id = @workspace_id and id = @id;

-- name: FinishJob :one
-- The job has succeeded. No row when the lease was lost.
update jobs
set status = 'succeeded', output = sqlc.narg(output)::jsonb, error = null, finished_at = now(),
  locked_by = null, locked_until = null
where workspace_id = @workspace_id and id = @id and status = 'running' and locked_by = @worker
  and lease_number = @lease_number
returning *;

-- name: FailJob :one
-- Puts the job back in the queue while it has attempts left, later each time; then it has failed.
with failed as (
  select
    j.id,
    case when j.attempt < j.max_attempts then 'queued'::job_status else 'failed'::job_status end as next_status,
    case when j.attempt < j.max_attempts then now() + interval '10 seconds' * power(2, j.attempt) else j.run_after end
      as next_run,
    case when j.attempt >= j.max_attempts then now() end as end_at
  from jobs j
  where j.workspace_id = @workspace_id and j.id = @id and j.status = 'running' and j.locked_by = @worker
    and j.lease_number = @lease_number
  for update
)
update jobs j
set
  status = f.next_status,
  run_after = f.next_run,
  finished_at = f.end_at,
  error = @error::text,
  locked_by = null,
  locked_until = null
from failed f
where j.workspace_id = @workspace_id and j.id = f.id
returning j.id, j.status, j.attempt, j.run_after;

-- name: ReleaseExpiredJobs :many
-- For the scheduler: jobs whose worker went silent go back in the queue, or have failed after their last
-- attempt. In portions, of 1000 unless it is given; run it again until it gives none.
-- solitude-gen-ignore refused-when-distributed on many nodes it runs on each
-- @role solitude_worker
with silent as (
  select j.workspace_id, j.id, now() as at
  from jobs j
  where j.status = 'running' and j.locked_until < now()
  limit coalesce(sqlc.narg(batch_size)::bigint, 1000)
  for update skip locked
)
update jobs j
set
  status = case when j.attempt < j.max_attempts then 'queued'::job_status else 'failed'::job_status end,
  finished_at = case when j.attempt < j.max_attempts then null else s.at end,
  error = 'worker ' || j.locked_by || ' did not renew its lease',
  locked_by = null,
  locked_until = null
from silent s
where j.workspace_id = s.workspace_id and j.id = s.id
returning j.workspace_id, j.id, j.status, j.attempt;

-- name: SuspendJobForApproval :one
-- The job waits for a request that is about it. One that has been decided already lets it go on at once, or cancels
-- it: `status` says which. No row when the lease was lost, or when the request is about another job.
with request as (
  select r.id, r.status, r.subject_kind, r.subject_id, now() as at, 'approval ' || r.status::text as outcome
  from approval_requests r
  where r.workspace_id = @workspace_id and r.id = @approval_request_id
)
update jobs j
set
  status = case
    when r.status = 'pending' then 'waiting_approval'::job_status
    when r.status = 'approved' then 'queued'::job_status
    else 'cancelled'::job_status
  end,
  attempt = case when r.status = 'pending' then j.attempt else greatest(j.attempt - 1, 0) end,
  approval_request_id = r.id,
  finished_at = case when r.status in ('rejected', 'cancelled', 'expired') then r.at end,
  error = case when r.status in ('rejected', 'cancelled', 'expired') then r.outcome end,
  locked_by = null,
  locked_until = null
from request r
where j.workspace_id = @workspace_id and j.id = @id and j.status = 'running' and j.locked_by = @worker
  and j.lease_number = @lease_number
  and (r.subject_kind = 'job' and r.subject_id = j.id or r.subject_kind = 'tool_call')
returning j.id, j.status;

-- name: ResumeApprovedJobs :many
-- Jobs that waited for this request go on, or are cancelled when it was not approved. The run that waited was
-- no failure, so it does not count as an attempt.
with request as (
  select r.id, r.status, now() as at, 'approval ' || r.status::text as outcome
  from approval_requests r
  where r.workspace_id = @workspace_id and r.id = @approval_request_id and r.status <> 'pending'
)
update jobs j
set
  status = case when r.status = 'approved' then 'queued'::job_status else 'cancelled'::job_status end,
  attempt = greatest(j.attempt - 1, 0),
  run_after = r.at,
  finished_at = case when r.status <> 'approved' then r.at end,
  error = case when r.status <> 'approved' then r.outcome end
from request r
where j.workspace_id = @workspace_id
  and j.status = 'waiting_approval'
  and j.approval_request_id = r.id
returning j.id, j.status;

-- name: ResumeDecidedJobs :many
-- For the scheduler: as ResumeApprovedJobs, for requests whose outcome nobody has passed on, because whoever decided
-- them was stopped before that.
-- solitude-gen-ignore refused-when-distributed on many nodes it runs on each
-- @role solitude_worker
with decided as (
  select j.workspace_id, j.id, r.status, now() as at
  from jobs j
  join approval_requests r on r.workspace_id = j.workspace_id and r.id = j.approval_request_id
  where j.status = 'waiting_approval' and r.status <> 'pending'
  order by r.completed_at
  limit @batch_size
  for update of j skip locked
)
update jobs j
set
  status = case when d.status = 'approved' then 'queued'::job_status else 'cancelled'::job_status end,
  attempt = greatest(j.attempt - 1, 0),
  run_after = now(),
  finished_at = case when d.status <> 'approved' then d.at end,
  error = case when d.status <> 'approved' then 'approval ' || d.status::text end
from decided d
where j.workspace_id = d.workspace_id and j.id = d.id
returning j.workspace_id, j.id, j.status;

-- name: CancelJobTree :many
-- A job and everything that it started, as far as it has not ended. A child that is being made at this moment, and is
-- not among the rows yet, is cancelled as soon as it is there.
with recursive tree as (
  select j.id from jobs j
  where j.workspace_id = @workspace_id and j.id = @id
  union
  select child.id
  from jobs child
  join tree t on child.parent_job_id = t.id
  where child.workspace_id = @workspace_id
)
update jobs j
set status = 'cancelled', finished_at = now(), locked_by = null, locked_until = null
from tree t
where j.workspace_id = @workspace_id
  and j.id = t.id
  and j.status in ('queued', 'running', 'waiting_approval')
returning j.id, j.temporal_workflow_id, j.temporal_run_id;

-- name: GetJob :one
-- A job by its id.
select * from jobs
where workspace_id = @workspace_id and id = @id;

-- name: GetJobDetails :one
-- The page of a job: which agent runs, be it the workspace's own or an installed one, who asked for it and
-- what it cost.
-- solitude-gen-ignore tenant-key-missing what is installed is its publisher's
select
  sqlc.embed(job),
  a.name as agent_name,
  v.version as agent_version,
  l.title as listing_title,
  p.display_name as requested_by_name,
  u.cost_micros,
  u.tokens
from jobs job
left join agent_versions v on v.workspace_id = job.workspace_id and v.id = job.agent_version_id
left join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
left join installations i on i.workspace_id = job.workspace_id and i.id = job.installation_id
left join listings l on l.id = i.listing_id
left join user_profiles p on p.user_id = job.requested_by
left join lateral (
  select
    coalesce(sum(x.cost_micros), 0)::bigint as cost_micros,
    coalesce(sum(x.quantity) filter (where x.kind in ('input_tokens', 'output_tokens')), 0)::bigint as tokens
  from job_usage x
  where x.workspace_id = @workspace_id and x.job_id = job.id
) u on true
where job.workspace_id = @workspace_id and job.id = @id;

-- name: GetJobLocation :one
-- Where the job's documents are: the MongoDB database and collection.
select mongo_database, mongo_collection
from jobs
where workspace_id = @workspace_id and id = @id;

-- name: GetJobByTemporalWorkflow :one
-- The latest job of a workflow of Temporal's.
select * from jobs
where workspace_id = @workspace_id and temporal_workflow_id = @temporal_workflow_id::text
order by created_at desc
limit 1;

-- name: ListJobs :many
-- Jobs of a status, or of all, newest first.
-- @optional status
-- @keyset
-- solitude-gen-ignore tenant-key-missing what is installed is its publisher's
select j.id, j.status, j.task_queue, j.created_at, j.started_at, j.finished_at, j.duration,
  coalesce(a.name, l.title) as agent_name
from jobs j
left join agent_versions v on v.workspace_id = j.workspace_id and v.id = j.agent_version_id
left join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
left join installations i on i.workspace_id = j.workspace_id and i.id = j.installation_id
left join listings l on l.id = i.listing_id
where j.workspace_id = @workspace_id
  and j.status = @status
order by j.created_at desc, j.id desc
limit @page_size;

-- name: ListJobTree :many
-- A job with everything that it started, parents before children.
with recursive tree as (
  select j.id, j.parent_job_id, j.status, j.created_at, j.duration, 0 as depth,
    array[to_char(j.created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || j.id] as sort_path
  from jobs j
  where j.workspace_id = @workspace_id and j.id = @id
  union all
  select child.id, child.parent_job_id, child.status, child.created_at, child.duration, t.depth + 1,
    t.sort_path || (to_char(child.created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') || child.id)
  from tree t
  join jobs child on child.workspace_id = @workspace_id and child.parent_job_id = t.id
)
select id, parent_job_id, status, created_at, duration, depth
from tree
order by sort_path
limit 1000;

-- name: CountJobsByStatus :many
-- Every status, also those that no job has.
select s.status, count(j.id) as job_count
from unnest(enum_range(null::job_status)) as s (status)
left join jobs j on j.workspace_id = @workspace_id and j.status = s.status and j.created_at >= @since
group by s.status
order by s.status
limit 1000;

-- name: GetJobDurations :many
-- How long jobs of each agent take, and how many of them fail.
select
  a.id as agent_id,
  a.name as agent_name,
  count(*) as finished_jobs,
  count(*) filter (where j.status = 'failed') as failed_jobs,
  percentile_disc(0.5) within group (order by j.duration) as median_duration,
  max(j.duration) as longest_duration,
  rank() over (order by count(*) filter (where j.status = 'failed') desc) as failure_rank
from jobs j
join agent_versions v on v.workspace_id = j.workspace_id and v.id = j.agent_version_id
join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id
where j.workspace_id = @workspace_id and j.finished_at >= @since::timestamptz
group by a.workspace_id, a.id
order by finished_jobs desc, a.id
limit 1000;

-- name: GetQueueDepths :many
-- For the autoscaler: how much work waits in each queue, over all tenants, and for how long.
-- @role solitude_worker
select task_queue, count(*) as waiting, count(distinct workspace_id) as workspaces, min(run_after) as oldest
from jobs
where status = 'queued' and run_after <= now()
group by task_queue
order by task_queue
limit 1000;
