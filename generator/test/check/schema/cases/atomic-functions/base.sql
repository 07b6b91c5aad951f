create table t (a int);
create function counted() returns bigint language sql begin atomic select count(*) from t; end;
create view v as select counted() as n;
create function read_v() returns bigint language sql begin atomic select n from v; end;
create table u (x bigint default read_v());
