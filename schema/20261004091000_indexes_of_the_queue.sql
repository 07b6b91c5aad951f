-- solitude-gen-ignore-file work-after-lock what is indexed is few rows of each; nobody waits longer for all than for one

-- migrate:up

set local lock_timeout = '5s';

update listings set title = title where document is null;

-- solitude-gen-ignore index-not-concurrent the catalogue is small
create index listings_document_idx on listings using gin (document);
-- solitude-gen-ignore unique-on-existing the column is new
-- solitude-gen-ignore index-not-concurrent settings are few
create unique index configuration_versions_id_key on configuration_versions (workspace_id, id) where id is not null;
-- solitude-gen-ignore index-not-concurrent only what waits is in it
create index jobs_ready_idx on jobs (task_queue, workspace_id, priority desc, run_after, id)
  where status = 'queued' and is_ready;
-- solitude-gen-ignore index-not-concurrent only what waits is in it
create index jobs_due_idx on jobs (task_queue, run_after) where status = 'queued' and not is_ready;
-- solitude-gen-ignore index-not-concurrent only what runs is in it
create index jobs_running_idx on jobs (workspace_id, id) where status = 'running';
-- solitude-gen-ignore index-not-concurrent only what has an approval is in it
create index jobs_approval_idx on jobs (workspace_id, approval_request_id) where approval_request_id is not null;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index jobs_lease_idx;
-- solitude-gen-ignore drop-index-not-concurrent it is gone in a moment
drop index sessions_user_id_idx;

-- Room for the next version of a row on its own page: a heartbeat then writes no index.
alter table jobs set (fillfactor = 80);
alter table sessions set (fillfactor = 80);
alter table api_keys set (fillfactor = 80);
alter table users set (fillfactor = 90);

-- migrate:down

alter table users reset (fillfactor);
alter table api_keys reset (fillfactor);
alter table sessions reset (fillfactor);
alter table jobs reset (fillfactor);
create index sessions_user_id_idx on sessions (user_id, last_used_at desc) where revoked_at is null;
create index jobs_lease_idx on jobs (locked_until) where status = 'running';
drop index jobs_approval_idx;
drop index jobs_running_idx;
drop index jobs_due_idx;
drop index jobs_ready_idx;
drop index configuration_versions_id_key;
drop index listings_document_idx;
