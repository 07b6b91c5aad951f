-- vet: { target_version: 16 }
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- name: NewUser :one
insert into users (email) values (gen_random_uuid()::text) returning id;
