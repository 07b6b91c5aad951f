-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text,
  nickname text,
  phone text unique
);
create unique index on users (nickname) where id > 100;

-- file: 2_change.sql
create unique index concurrently on users (name);
create unique index concurrently on users (nickname);
create unique index concurrently on users (phone) nulls not distinct;
