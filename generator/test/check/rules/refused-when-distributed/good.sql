-- vet: { tenant: { column: workspace_id, across: [worker], distributed: {} } }
create table jobs (
  workspace_id bigint not null,
  id bigint not null,
  parent_id bigint,
  status text not null,
  attempt integer not null default 0,
  finished_at timestamptz,
  primary key (workspace_id, id)
);
create index on jobs (workspace_id, status);
create index on jobs (workspace_id, parent_id);
create table plans (name text primary key, job_count bigint not null default 0);

-- name: FailJob :execrows
with failed as (
  select id, attempt < 3 as is_tried_again, now() as at
  from jobs
  where workspace_id = @workspace_id and id = @id
  for update
)
update jobs j
set status = case when f.is_tried_again then 'queued' else 'failed' end,
  finished_at = case when f.is_tried_again then null else f.at end
from failed f
where j.workspace_id = @workspace_id and j.id = f.id;

-- name: FinishJob :execrows
update jobs set status = 'succeeded', finished_at = now() where workspace_id = @workspace_id and id = @id;

-- name: PickUpJobs :many
with waiting as (
  select id from jobs
  where workspace_id = @workspace_id and status = 'queued'
  limit 10
  for update skip locked
)
update jobs j set status = 'running' from waiting w where j.workspace_id = @workspace_id and j.id = w.id
returning j.id;

-- name: ListJobTree :many
with recursive tree as (
  select id, array[id] as place from jobs where workspace_id = @workspace_id and id = @id
  union all
  select j.id, t.place || j.id
  from tree t
  join jobs j on j.workspace_id = @workspace_id and j.parent_id = t.id
)
select id from tree order by place limit 100;

-- name: SetJobCount :execrows
update plans set job_count = @job_count where name = @name;
