-- vet: { rules: { column-never-written: { severity: warning, except: ["jobs.region"] } } }
create table jobs (
  id bigint generated always as identity primary key,
  payload text not null,
  max_attempts int not null default 3,
  created_at timestamptz not null default now(),
  region text,
  label text
);
create view job_labels as select id, label from jobs;

-- name: QueueJob :exec
insert into jobs (payload, max_attempts) values (@payload, @max_attempts);

-- name: LabelJob :exec
update job_labels set label = @label where id = @id;

-- name: Job :one
select payload, max_attempts, created_at, region, label from jobs where id = @id;
