-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
alter table users add column code varchar(20);

-- file: 2_change.sql
alter table users alter column code type bytea using code::bytea;
