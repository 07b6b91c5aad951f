-- file: 1_before.sql
create schema app;

-- file: 2_change.sql
alter schema app rename to core;
