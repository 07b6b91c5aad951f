create table events (
  id bigint generated always as identity primary key,
  created_at timestamptz not null
);
create index on events (created_at);

-- name: ListEventsOfDay :many
select id from events where created_at::date = @day::date;

-- name: GetEvent :many
select id from events where id = @id::numeric;
