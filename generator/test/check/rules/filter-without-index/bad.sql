create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create index on users (lower(name));

-- name: ListUsersByName :many
select id, email from users where name = @name;
