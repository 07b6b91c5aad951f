-- base: 1_users.sql
create table users (id bigint primary key);

-- file: 1_users.sql
create table users (id bigint primary key, name text);
