-- file: 1_before.sql
create schema app;
create table app.notes (id bigint);

-- file: 2_change.sql
drop schema app cascade;
