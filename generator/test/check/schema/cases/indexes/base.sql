create table t (id int, a text, b text);
create index t_a on t (a);
create unique index t_b on t (b);
create index same on t (id, a);
create index gone on t (id);
