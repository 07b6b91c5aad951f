create table events (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now()
);

-- name: ListEvents :many
-- @keyset
select id, created_at from events order by created_at desc, id desc limit @page_size;

-- name: ListEventsSince :many
select id, created_at
from events
where sqlc.narg(since)::timestamptz is null or created_at >= sqlc.narg(since)
order by id
limit 100;

-- name: ListEventsBetween :many
select id, created_at
from events
where (sqlc.narg(since)::timestamptz is null or created_at >= sqlc.narg(since))
  and (sqlc.narg(until)::timestamptz is null or created_at <= sqlc.narg(until))
order by created_at, id
limit 100;
