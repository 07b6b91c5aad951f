-- The bytes are in object storage; this is what is known about them.

-- migrate:up

create type file_status as enum ('pending', 'stored', 'quarantined', 'deleted');

create table files (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  storage text not null default 's3',
  bucket text not null,
  object_key text not null,
  name text not null,
  extension text generated always as (lower(substring(name from '\.([^./]+)$'))) stored,
  content_type text not null default 'application/octet-stream',
  size_bytes bigint,
  sha256 sha256_digest,
  status file_status not null default 'pending',
  metadata json_document not null default '{}',
  uploaded_by uuid references users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz,
  deleted_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, bucket, object_key),
  constraint files_storage_check check (storage in ('s3', 'gcs', 'azure_blob')),
  constraint files_size_bytes_check check (size_bytes >= 0),
  constraint files_stored_check check (status <> 'stored' or (size_bytes is not null and sha256 is not null)),
  constraint files_deleted_check check ((status = 'deleted') = (deleted_at is not null))
);
comment on table files is 'Metadata of the files that a workspace keeps in object storage.';
comment on column files.status is
  'A file is pending from the moment its upload URL is issued until the upload is confirmed.';
comment on column files.extension is
  'The part of the name after the last dot, in lower case; null when there is none.';
comment on column files.expires_at is 'When the clean-up may remove it; null is never.';

create index files_live_idx on files (workspace_id, created_at desc, id desc) include (name, size_bytes)
  where status = 'stored';
create index files_sha256_idx on files (workspace_id, sha256) where status = 'stored';
create index files_metadata_idx on files using gin (metadata jsonb_path_ops);
create index files_expires_at_idx on files (expires_at) where expires_at is not null and status <> 'deleted';

create trigger touch_updated_at before update on files
  for each row execute function touch_updated_at();

-- migrate:down

drop table files;
drop type file_status;
