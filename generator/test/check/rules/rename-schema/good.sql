-- file: 1_before.sql
create schema app;

-- file: 2_change.sql
create schema core;
