-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  name text not null
);

-- file: 2_change.sql
create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint references users (id) on delete set null,
  host_id bigint not null default 0 references users (id) on delete set default,
  owner_id bigint not null references users (id) on delete cascade
);
create index on sessions (user_id);
create index on sessions (host_id);
create index on sessions (owner_id);
