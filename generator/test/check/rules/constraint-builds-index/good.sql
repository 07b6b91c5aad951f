-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
-- solitude-gen-ignore unique-on-existing counted: no name occurs twice
create unique index concurrently users_name_key on users (name);

-- file: 3_constraint.sql
alter table users add constraint users_name_key unique using index users_name_key;
