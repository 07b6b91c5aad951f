-- The days and the files that were there before.

-- migrate:up

set local lock_timeout = '5s';
insert into workspace_usage_changes (workspace_id, day)
select distinct u.workspace_id, (u.recorded_at at time zone 'UTC')::date from job_usage u;

-- What was noted since the triggers came is among what is counted.
lock table files in share mode;
-- solitude-gen-ignore work-after-lock what is counted must stay as it is until it is counted
delete from workspace_storage_changes c where c.workspace_id is not null;
insert into workspace_storage (workspace_id, extension, file_count, stored_bytes)
select f.workspace_id, coalesce(f.extension, 'none'), count(*), sum(f.size_bytes)
from files f where f.status = 'stored' group by 1, 2;

-- migrate:down
