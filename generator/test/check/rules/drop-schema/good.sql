-- file: 1_before.sql
create schema app;
create table app.notes (id bigint);

-- file: 2_change.sql
-- solitude-gen-ignore drop-table nobody has used it for a year
drop table app.notes;
drop schema app;
