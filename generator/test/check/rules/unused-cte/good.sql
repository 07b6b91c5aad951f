create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: Rename :exec
with locked as (
  select id from users where id = @id for update
)
update users set name = @name where id in (select id from locked);
