create function body(a int) returns int language sql as 'select a';
create function result(a int) returns int language sql as 'select a';
create function named(a int) returns int language sql as 'select a';
create function gone(text) returns void language plpgsql as 'begin end';
create procedure run(x int) language sql as 'select 1';
create function over(a int) returns int language sql as 'select 1';
create table t (id int default result(1), c int check (named(c) > 0));
create view v as select result(id) as r from t;
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
