create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: ListUsers :many
select id, name from users where id > @after order by id limit @page_size;

-- name: SecondUser :one
select id, name from users order by id limit 1 offset 1;
