create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create index on users (name);

-- name: GetUserByEmail :one
select id, name from users where email = @email;

-- name: AnyUserOfName :one
select id, email from users where name = @name order by id limit 1;

-- name: CountUsers :one
select count(*) from users;
