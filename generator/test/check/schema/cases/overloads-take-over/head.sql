create function f(a int default 7) returns int language sql return a;
create function g() returns int language sql begin atomic select f(); select 3; end;
create function h(int, b int default 3) returns int language sql immutable as 'select $1 + $2';
create table t (a int default h(4), check (h(a) > 1));
create view v as select h(a) as h, 1 as one from t;
create index i on t (h(a), a);
create policy p on t using (h(a) > 2);
