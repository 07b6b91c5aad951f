-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
create table sessions (
  id bigint primary key,
  user_id bigint not null references users (id) on delete cascade
);
create index on sessions (user_id);
