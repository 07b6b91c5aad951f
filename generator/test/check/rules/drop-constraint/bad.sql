-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
alter table users add constraint users_name_check check (length(name) < 100);

-- file: 2_change.sql
alter table users drop constraint users_email_key;
