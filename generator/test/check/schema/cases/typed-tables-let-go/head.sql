create table own (a int, b text);
create type d as (a bigint, b text);
create table becomes of d (primary key (a));
create table grows of d;
