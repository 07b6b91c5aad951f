-- The relational side of jobs. Temporal drives them, and what happens inside one is written to its own
-- MongoDB collection, which is named {workspaceID}/{jobID}.

-- migrate:up

create type job_status as enum ('queued', 'running', 'waiting_approval', 'succeeded', 'failed', 'cancelled');

create table jobs (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  parent_job_id uuid,
  agent_version_id uuid,
  installation_id uuid,
  activity_schema_id uuid,
  activity_schema_version integer,
  approval_request_id uuid,
  status job_status not null default 'queued',
  task_queue text not null default 'default',
  priority smallint not null default 0,
  input json_document not null default '{}',
  output jsonb,
  error text,
  idempotency_key text,
  attempt smallint not null default 0,
  max_attempts smallint not null default 3,
  run_after timestamptz not null default now(),
  locked_by text,
  locked_until timestamptz,
  temporal_workflow_id text,
  temporal_run_id text,
  mongo_database text not null default 'solitude',
  mongo_collection text not null generated always as (workspace_id::text || '/' || id::text) stored,
  requested_by uuid references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  duration interval generated always as (finished_at - started_at) stored,
  primary key (workspace_id, id),
  foreign key (workspace_id, parent_job_id) references jobs (workspace_id, id),
  foreign key (workspace_id, agent_version_id) references agent_versions (workspace_id, id),
  foreign key (workspace_id, installation_id) references installations (workspace_id, id),
  foreign key (workspace_id, activity_schema_id, activity_schema_version)
    references activity_schema_versions (workspace_id, activity_schema_id, version),
  foreign key (workspace_id, approval_request_id) references approval_requests (workspace_id, id),
  constraint jobs_what_runs_check check (num_nonnulls(agent_version_id, installation_id) = 1),
  constraint jobs_activity_schema_check
    check ((activity_schema_id is null) = (activity_schema_version is null)),
  constraint jobs_priority_check check (priority between -100 and 100),
  constraint jobs_attempt_check check (attempt between 0 and max_attempts),
  constraint jobs_lock_check
    check ((status = 'running') = (locked_by is not null and locked_until is not null)),
  constraint jobs_temporal_check check (temporal_run_id is null or temporal_workflow_id is not null),
  constraint jobs_finished_check
    check ((status in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
);
comment on table jobs is 'A run of an agent.';
comment on column jobs.parent_job_id is 'The job whose agent asked for this one.';
comment on column jobs.agent_version_id is
  'The workspace''s own agent that runs; null when an installed one does.';
comment on column jobs.installation_id is
  'The installed agent that runs; null when the workspace''s own does.';
comment on column jobs.activity_schema_id is
  'With the version: what the activity documents of this job must look like.';
comment on column jobs.approval_request_id is 'The approval that the job waits for, or last waited for.';
comment on column jobs.idempotency_key is
  'A caller that repeats a request with the same key gets the same job.';
comment on column jobs.locked_by is 'The worker that runs it.';
comment on column jobs.locked_until is 'When the worker is taken for dead unless it renews its lease.';
comment on column jobs.temporal_workflow_id is
  'The id that was given to Temporal. It is the same for every run of the workflow.';
comment on column jobs.temporal_run_id is 'The id that Temporal gave to the latest run.';
comment on column jobs.mongo_database is 'The MongoDB database that holds the collection of this job.';
comment on column jobs.mongo_collection is
  'The MongoDB collection with the job''s execution metadata and runtime context: {workspaceID}/{jobID}.';

create unique index jobs_idempotency_key on jobs (workspace_id, idempotency_key)
  where idempotency_key is not null;
create index jobs_temporal_workflow_idx on jobs (workspace_id, temporal_workflow_id)
  where temporal_workflow_id is not null;
create index jobs_created_at_idx on jobs (workspace_id, created_at desc, id desc) include (status);
create index jobs_parent_idx on jobs (workspace_id, parent_job_id) where parent_job_id is not null;
-- The two that workers poll, across tenants.
create index jobs_queue_idx on jobs (task_queue, priority desc, run_after, id) where status = 'queued';
create index jobs_lease_idx on jobs (locked_until) where status = 'running';

create trigger touch_updated_at before update on jobs
  for each row execute function touch_updated_at();

create table job_usage (
  workspace_id uuid not null,
  job_id uuid not null,
  id bigint not null generated always as identity,
  kind text not null,
  model text,
  quantity numeric(20, 6) not null,
  cost_micros bigint not null default 0,
  recorded_at timestamptz not null default now(),
  primary key (workspace_id, job_id, id),
  foreign key (workspace_id, job_id) references jobs (workspace_id, id) on delete cascade,
  constraint job_usage_kind_check
    check (kind in ('input_tokens', 'output_tokens', 'tool_call', 'compute_seconds')),
  constraint job_usage_quantity_check check (quantity >= 0),
  constraint job_usage_cost_check check (cost_micros >= 0)
);
comment on table job_usage is 'What a job used and what that cost.';
comment on column job_usage.cost_micros is 'The cost in millionths of a US dollar.';

create index job_usage_recorded_at_idx on job_usage (workspace_id, recorded_at)
  include (kind, quantity, cost_micros);

-- migrate:down

drop table job_usage;
drop table jobs;
drop type job_status;
