create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: Rename :exec
update users set name = @name where id = @id;

-- name: ForgetNames :exec
update users set name = null where true;
