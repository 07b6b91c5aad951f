create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create table former_users (id bigint, email text, name text);

-- name: CreateUser :exec
insert into users overriding system value values (@id, @email, @name);

-- name: AllUsers :many
select * from users union all select * from former_users;

-- name: KindsOfUsers :many
with present as (select * from users), former as (select * from former_users)
select * from present union all select * from former;
