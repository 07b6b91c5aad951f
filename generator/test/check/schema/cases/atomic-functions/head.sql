create table t (a bigint);
create function counted() returns bigint language sql begin atomic select sum(a)::bigint from t; end;
create view v as select counted() as n, 1 as k;
create function read_v() returns bigint language sql begin atomic select n + k from v; end;
create table u (x bigint default read_v() + 1);
