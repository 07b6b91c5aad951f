create function f() returns int language sql return 1;
create function g() returns int language sql return f();
create function h(int) returns int language sql immutable as 'select $1';
create table t (a int default h(3), check (h(a) > 0));
create view v as select h(a) as h from t;
create index i on t (h(a));
create policy p on t using (h(a) > 1);
