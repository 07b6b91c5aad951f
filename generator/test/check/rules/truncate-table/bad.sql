-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
truncate users;
