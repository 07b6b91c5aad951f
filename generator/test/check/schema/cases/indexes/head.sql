create table t (id int, a text, b text);
create index t_a on t (lower(a) text_pattern_ops) where b is not null;
create index t_b on t using hash (b);
create index renamed on t (id, a);
create unique index concurrent on t (a, b) nulls not distinct;
alter table t replica identity full;
alter table t cluster on renamed;
create statistics t_ab (dependencies) on a, b from t;
