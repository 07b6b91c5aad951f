-- What is open, and the newest of a status that few jobs have, is found without the history of the workspace: nearly all of that has succeeded.

-- migrate:up

set local lock_timeout = '5s';
-- solitude-gen-ignore index-not-concurrent where there are many jobs, create it concurrently before: then there is nothing to do
create index if not exists jobs_status_idx on jobs (workspace_id, status, created_at desc, id desc)
  where status <> 'succeeded';

-- migrate:down

drop index jobs_status_idx;
