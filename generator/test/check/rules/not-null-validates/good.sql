-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
alter table users
  add constraint users_name_known check (name is not null) not valid;

-- file: 3_validate.sql
alter table users validate constraint users_name_known;

-- file: 4_not_null.sql
alter table users alter column name set not null;
alter table users drop constraint users_name_known;
