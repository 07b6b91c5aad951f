create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create table former_users (id bigint, email text, name text);

-- name: CreateUser :exec
insert into users (email, name) values (@email, @name);

-- name: AllUsers :many
select id, email, name from users union all select id, email, name from former_users;

-- name: KindsOfUsers :many
with present as (select id, name from users), former as (select id, name from former_users)
select * from present union all select * from former;

-- name: NameOrInsertUser :many
with added as (insert into users (email, name) values (@email, @name) on conflict do nothing returning *)
select * from added union all select u.* from users u where u.email = @email;
