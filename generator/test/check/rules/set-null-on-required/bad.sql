-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  name text not null
);

-- file: 2_change.sql
create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id) on delete set null
);
create index on sessions (user_id);
