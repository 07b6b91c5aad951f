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
