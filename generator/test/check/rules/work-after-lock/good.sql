-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
-- migrate:up
alter table users add column country text;

-- file: 3_countries.sql
-- migrate:up
update users set country = 'DE' where email like '%.de';
