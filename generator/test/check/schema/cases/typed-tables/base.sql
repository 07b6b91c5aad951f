create type pair as (a int, b text, z date);
create table pairs of pair (a default 3, b not null);
create view pv as select a from pairs;
create index pi on pairs (b);
create table un (x int, y text);
create type kk as (x int);
create table tt of kk;
