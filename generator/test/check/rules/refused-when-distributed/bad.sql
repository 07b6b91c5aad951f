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
create index on jobs (status);
create index on jobs (workspace_id, parent_id);
create type mood as enum ('well', 'ill');
create table notes (
  workspace_id bigint not null,
  id bigint not null,
  mood mood not null,
  body text not null default '',
  read_at timestamptz,
  primary key (workspace_id, id)
);
create table plans (name text primary key, job_count bigint not null default 0);

-- name: FailJob :execrows
update jobs
set status = case when attempt < 3 then 'queued' else 'failed' end,
  finished_at = case when attempt < 3 then null else now() end
where workspace_id = @workspace_id and id = @id;

-- name: PickUpJobs :many
-- @role worker
with waiting as (
  select workspace_id, id from jobs where status = 'queued' limit 10 for update skip locked
)
update jobs j set status = 'running' from waiting w where j.workspace_id = w.workspace_id and j.id = w.id
returning j.id;

-- name: ListJobTree :many
with recursive tree as (
  select id from jobs where workspace_id = @workspace_id and id = @id
  union all
  select j.id from tree t join jobs j on j.workspace_id = @workspace_id and j.parent_id = t.id
) search depth first by id set place
select id from tree order by place limit 100;

-- name: CountJobs :execrows
update plans
set job_count = (select count(*) from jobs where workspace_id = @workspace_id)
where name = @name;

-- name: SetBody :execrows
update notes set body = case when id > 7 then mood::text else body end where workspace_id = @workspace_id and id = @id;

-- name: Read :execrows
insert into notes as n (workspace_id, id, mood) values (@workspace_id, @id, 'well')
on conflict (workspace_id, id) do update set mood = excluded.mood where n.read_at < now();

-- name: Take :execrows
merge into notes n
using (
  select x.id, x.body from jsonb_to_recordset(@notes::jsonb) as x (id bigint, body text)
) x on n.workspace_id = @workspace_id and n.id = x.id
when matched then update set body = x.body;
