-- vet: { rules: { drop-column: off, drop-table: off } }
-- file: 1_before.sql
create table users (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text
);
create view names as select name from users;

-- file: 2_change.sql
drop view names;
alter table users drop column name;
