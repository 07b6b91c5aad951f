create type pair as (a bigint, b text, c int);
create table pairs of pair (a default 3, b not null, c not null);
create view pv as select a from pairs;
create index pi on pairs (b);
create type kk as (x int);
create table un of kk;
create table tt (x int, n int);
