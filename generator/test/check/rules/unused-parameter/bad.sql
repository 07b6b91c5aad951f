create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: ListUsers :many
with recent as (
  select id from users where id > @after
)
select id, name from users;
