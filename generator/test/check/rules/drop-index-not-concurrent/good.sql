-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create index users_name_idx on users (name);

create table events (at date not null) partition by range (at);
create index events_at_idx on events (at);

-- file: 2_change.sql
drop index concurrently users_name_idx;

-- file: 3_partitioned.sql
drop index events_at_idx;
