-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
alter table users add column token uuid default gen_random_uuid();
alter table users add column salt uuid default gen_random_uuid();
