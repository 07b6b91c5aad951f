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
where not exists (select from jobs j where j.workspace_id = @workspace_id and j.id = o.id)
  and not exists (
    select from job_document_outbox w where w.workspace_id = @workspace_id and w.job_id = o.id
  );
