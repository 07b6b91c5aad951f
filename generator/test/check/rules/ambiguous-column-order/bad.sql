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
