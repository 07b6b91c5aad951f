-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);

-- file: 2_change.sql
-- migrate:up
alter table users add column country text;
update users set country = 'DE' where email like '%.de';

-- file: 3_writers_wait.sql
-- migrate:up
lock table users in share row exclusive mode;
update users set country = 'FR' where email like '%.fr';
