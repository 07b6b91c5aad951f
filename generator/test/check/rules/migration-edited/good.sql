-- base: 1_users.sql
create table users (id bigint primary key);

-- base: 2_name.sql
alter table users add column name tex;

-- file: 1_users.sql
create table users (id bigint primary key);

-- file: 2_name.sql
alter table users add column name text;

-- file: 3_age.sql
alter table users add column age int;
