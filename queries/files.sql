-- name: CreateFile :one
-- The file is pending until ConfirmFileUpload.
insert into files (
  workspace_id, storage, bucket, object_key, name, content_type, metadata, uploaded_by, expires_at
)
values (
  @workspace_id, @storage, @bucket, @object_key, @name, @content_type,
  coalesce(sqlc.narg(metadata)::jsonb, '{}'),
  sqlc.narg(uploaded_by), sqlc.narg(expires_at)
)
returning *;

-- name: ImportFiles :copyfrom
-- Files that are in the bucket already, for example from a customer's archive.
insert into files (
  workspace_id, bucket, object_key, name, content_type, size_bytes, sha256, status, uploaded_by
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: ConfirmFileUpload :one
-- The bytes are there: the file is stored. No row when it was not pending.
update files
set status = 'stored', size_bytes = @size_bytes, sha256 = @sha256
where workspace_id = @workspace_id and id = @id and status = 'pending'
returning *;

-- name: QuarantineFile :execrows
-- Nobody should open it; metadata has the reason.
update files
set status = 'quarantined', metadata = metadata || jsonb_build_object('quarantine_reason', @reason::text)
where workspace_id = @workspace_id and id = @id and status in ('pending', 'stored');

-- name: GetFile :one
-- A file by its id, unless it is deleted.
select * from files
where workspace_id = @workspace_id and id = @id and status <> 'deleted';

-- name: ListFiles :many
-- Stored files, newest first.
-- @optional extension
-- @keyset
select id, name, extension, content_type, size_bytes, created_at
from files
where workspace_id = @workspace_id
  and status = 'stored'
  and extension = lower(@extension)
order by created_at desc, id desc
limit @page_size;

-- name: ListFilesByIds :many
-- Those of the given files that are stored.
select * from files
where workspace_id = @workspace_id and id in (sqlc.slice(ids)) and status = 'stored'
limit 1000;

-- name: FindFilesByHash :many
-- Whether the same content is there already, so that it need not be uploaded again.
select f.sha256, f.id, f.name, f.size_bytes
from files f
join unnest(@hashes::bytea[]) as wanted (sha256) on f.sha256 = wanted.sha256
where f.workspace_id = @workspace_id and f.status = 'stored'
limit 1000;

-- name: FindFilesByMetadata :many
-- Files whose metadata contains all of what is given, newest first.
-- @keyset
select id, name, metadata, created_at
from files
where workspace_id = @workspace_id and metadata @> @metadata::jsonb and status = 'stored'
order by created_at desc, id desc
limit @page_size;

-- name: DeleteFile :execrows
-- Marks the file; the clean-up removes the object. A file that a dataset uses stays, and so does one that is being put
-- into a dataset at this moment.
with unused as (
  select f.workspace_id, f.id
  from files f
  where f.workspace_id = @workspace_id
    and f.id = @id
    and f.status <> 'deleted'
    and not exists (
      select from dataset_version_files d where d.workspace_id = @workspace_id and d.file_id = f.id
    )
  for update skip locked
)
update files f
set status = 'deleted', deleted_at = now()
from unused u
where f.workspace_id = @workspace_id and f.id = u.id;

-- name: ExpireFiles :many
-- For the clean-up, which works across tenants: marks expired files and says which objects to remove.
-- solitude-gen-ignore refused-when-distributed on many nodes it runs on each
-- @role solitude_worker
with expired as (
  select f.workspace_id, f.id
  from files f
  where f.expires_at <= now()
    and f.status <> 'deleted'
    and not exists (
      select from dataset_version_files d where d.workspace_id = f.workspace_id and d.file_id = f.id
    )
  order by f.expires_at
  limit @batch_size
  for update skip locked
)
update files f
set status = 'deleted', deleted_at = now()
from expired e
where f.workspace_id = e.workspace_id and f.id = e.id
returning f.workspace_id, f.id, f.storage, f.bucket, f.object_key;

-- name: SumFileSizes :many
-- What the storage page shows: each kind of file, and its share of all.
select
  extension,
  sum(file_count)::bigint as file_count,
  sum(stored_bytes) as total_bytes,
  round(100 * sum(stored_bytes) / nullif(sum(sum(stored_bytes)) over (), 0), 1) as percent
from stored_files
where workspace_id = @workspace_id
group by extension
having sum(file_count) > 0
order by total_bytes desc nulls last
limit 1000;
