-- name: StartJobWithDocuments :execrows
-- Has a job begin with these documents, by collection and id. In the transaction that makes the job: once its documents are
-- made, it is too late, and no row changes.
update job_document_outbox
set documents = @documents
where workspace_id = @workspace_id and job_id = @job_id and action = 'create';

-- name: DeleteJob :execrows
-- With its documents. One that other jobs come from is refused.
delete from jobs where workspace_id = @workspace_id and id = @id;

-- name: TakeJobDocumentChanges :many
-- For the worker that delivers: the oldest change of each of some jobs, taken for a time. What is not delivered by then comes
-- again.
-- solitude-gen-ignore refused-when-distributed on many nodes each has workers of its own
-- @role solitude_worker
with due as (
  select o.id
  from job_document_outbox o
  where o.locked_until <= now()
    and not exists (
      select from job_document_outbox earlier
      where earlier.workspace_id = o.workspace_id and earlier.job_id = o.job_id and earlier.id < o.id
    )
  order by o.locked_until, o.id
  limit @batch_size
  for update skip locked
)
update job_document_outbox o
set locked_until = now() + @lease::interval, attempts = o.attempts + 1
from due
where o.id = due.id
returning o.id, o.workspace_id, o.job_id, o.action, o.documents, o.attempts,
  exists (select from jobs j where j.workspace_id = o.workspace_id and j.id = o.job_id) as has_job;

-- name: FinishJobDocumentChange :execrows
-- It is delivered. Again, it changes nothing.
-- @role solitude_worker
delete from job_document_outbox where id = @id;

-- name: PostponeJobDocumentChange :execrows
-- It could not be delivered, and comes again later.
-- @role solitude_worker
update job_document_outbox
set locked_until = now() + @delay::interval, last_error = @error
where id = @id;

-- name: ListJobIds :many
-- For the sweep: a page of the jobs of a workspace, by id.
-- solitude-gen-ignore hand-written-keyset the sweep goes on from an id, which is never NULL
-- @role solitude_worker
select j.id from jobs j
where j.workspace_id = @workspace_id
  and (sqlc.narg(after_id)::uuid is null or j.id > sqlc.narg(after_id))
order by j.id
limit @page_size;

-- name: RestoreJobDocuments :execrows
-- For the sweep: has the documents of jobs made that are there and have none.
-- @role solitude_worker
insert into job_document_outbox (workspace_id, job_id, action)
select j.workspace_id, j.id, 'create'
from unnest(@job_ids::uuid[]) as o (id)
join jobs j on j.workspace_id = @workspace_id and j.id = o.id
where not exists (
    select from job_document_outbox w where w.workspace_id = j.workspace_id and w.job_id = j.id
  );

-- name: EraseOrphanedDocuments :execrows
-- For the sweep: has the documents erased of those jobs that are not there.
-- @role solitude_worker
insert into job_document_outbox (workspace_id, job_id, action)
select @workspace_id, o.id, 'erase'
from unnest(@job_ids::uuid[]) as o (id)
where o.id <> all (
    array(select j.id from jobs j where j.workspace_id = @workspace_id and j.id = any (@job_ids::uuid[]))
  )
  and o.id <> all (
    array(
      select w.job_id from job_document_outbox w
      where w.workspace_id = @workspace_id and w.job_id = any (@job_ids::uuid[])
    )
  );

-- name: CreatePayloadFile :one
-- The file of a payload that a job is to have: pending until ConfirmFileUpload. Again, it is the same file; no row where there
-- is no such job, or the file is deleted.
insert into files as f (workspace_id, storage, bucket, object_key, name, content_type, uploaded_by)
select j.workspace_id, 'gridfs', j.id::text, @payload, @name, @content_type, sqlc.narg(uploaded_by)
from jobs j
where j.workspace_id = @workspace_id and j.id = @job_id
on conflict (workspace_id, bucket, object_key) do update
set name = excluded.name, content_type = excluded.content_type
where f.status = 'pending' or (f.status = 'stored' and f.name = excluded.name)
returning *;

-- name: DeletePayloadFiles :execrows
-- The job's payloads are erased: so are their files, but for those that a dataset names, which have no bytes any more.
-- @role solitude_worker
update files f
set status = 'deleted', deleted_at = now()
where f.workspace_id = @workspace_id
  and f.storage = 'gridfs'
  and f.bucket = @job_id::uuid::text
  and f.status <> 'deleted'
  and not exists (
    select from dataset_version_files d where d.workspace_id = f.workspace_id and d.file_id = f.id
  );

-- name: FindPayloadFiles :many
-- For the sweep: which of some payloads are files that are not deleted.
-- @role solitude_worker
select f.bucket as job_id, f.object_key as payload
from unnest(@job_ids::text[], @payloads::text[]) as p (job_id, payload)
join files f
  on f.workspace_id = @workspace_id and f.bucket = p.job_id and f.object_key = p.payload
where f.storage = 'gridfs' and f.status <> 'deleted'
limit 1000;

-- name: ListPayloadFiles :many
-- For the sweep: a page of the payloads that are files and not deleted, by job and payload.
-- @role solitude_worker
select f.id, f.bucket as job_id, f.object_key as payload, f.status, f.created_at
from files f
where f.workspace_id = @workspace_id
  and f.storage = 'gridfs'
  and f.status <> 'deleted'
  and (f.bucket, f.object_key) > (@after_job_id::text, @after_payload::text)
order by f.bucket, f.object_key
limit @page_size;

-- name: AbandonPayloadFiles :execrows
-- For the sweep: uploads that never ended.
-- @role solitude_worker
update files f
set status = 'deleted', deleted_at = now()
where f.workspace_id = @workspace_id and f.id = any(@ids::uuid[]) and f.status = 'pending' and f.storage = 'gridfs';
