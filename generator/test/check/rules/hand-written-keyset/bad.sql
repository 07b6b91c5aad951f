create table events (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now()
);

-- name: ListEvents :many
select id, created_at
from events
where sqlc.narg(before_created_at)::timestamptz is null
  or (created_at, id) < (sqlc.narg(before_created_at), sqlc.narg(before_id)::bigint)
order by created_at desc, id desc
limit @page_size;
