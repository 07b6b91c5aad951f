-- base: 1_users.sql
create table users (id bigint primary key);

-- base: 3_name.sql
alter table users add column name text;

-- file: 1_users.sql
create table users (id bigint primary key);

-- file: 3_name.sql
alter table users add column name text;

-- file: 4_country.sql
alter table users add column country text;
