-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create index users_name_idx on users (name);

-- file: 2_change.sql
drop index concurrently users_name_idx;
