-- No longer partitioned: what was a partition keeps its key, under its name or another, and its index.
create table once (a int, b int, unique (a, b)) partition by list (a);
create table once_1 partition of once for values in (1);
create table once_2 partition of once for values in (2);
create index once_b on once (b);

-- Joins with an index like one of the whole, which it keeps beside that.
create table whole (a int, b int) partition by list (a);
create index whole_ab on whole (a, b);
create table joins (a int, b int);
create index joins_own on joins (a, b);
create table joins_too (a int, b int);
create index joins_too_b on joins_too (b);

-- A partition's own key on an index that it has from the whole.
create table keyed (a int not null, b int not null) partition by list (a);
create table keyed_1 partition of keyed for values in (1);
create unique index keyed_pkey on keyed (a, b);
alter table keyed_1 add constraint keyed_1_own primary key using index keyed_1_a_b_idx;
