-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
alter table users
  add constraint users_name_check check (length(name) < 100) not valid;

-- file: 3_validate.sql
alter table users validate constraint users_name_check;
