-- A payload that a job has beside its documents is a file, too: its bucket is the job's id, its key the payload's.

-- migrate:up

set local lock_timeout = '5s';

alter table files drop constraint files_storage_check;
alter table files add constraint files_storage_check
  check (storage in ('s3', 'gcs', 'azure_blob', 'gridfs')) not valid;
comment on column files.storage is
  'Where the bytes are; gridfs is with the documents of a job, whose id is the bucket.';

-- migrate:down

alter table files drop constraint files_storage_check;
alter table files add constraint files_storage_check check (storage in ('s3', 'gcs', 'azure_blob'));
comment on column files.storage is null;
