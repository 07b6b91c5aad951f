-- name: AddJob :exec
with job as (insert into jobs (input) values (@input) returning id)
select pg_notify('jobs', id::text) from job;

-- Workers pass over what another is taking, so none waits.
-- name: TakeJob :one
update jobs set state = 'running', attempts = attempts + 1, leased_until = now() + interval '1 minute'
where id = (
  select id from jobs
  where state = 'queued' or (state = 'running' and leased_until < now())
  order by id
  limit 1
  for update skip locked
)
returning id, input, attempts;

-- Only as long as it is still this attempt's.
-- name: FinishJob :execrows
update jobs set state = 'done', leased_until = null where id = @id and attempts = @attempts and state = 'running';

-- name: FailJob :execrows
update jobs
set state = case when attempts < 3 then 'queued' else 'failed' end, leased_until = null, last_error = @error
where id = @id and attempts = @attempts and state = 'running';

-- name: ListJobs :many
select id, state, attempts, last_error from jobs order by id;
