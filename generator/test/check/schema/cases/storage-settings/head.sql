create table t (a text, b text compression pglz, c int) with (fillfactor = 60, toast.autovacuum_enabled = false);
alter table t alter column b set storage main;
alter table t alter column c set (n_distinct = 7);
create table u (a text compression pglz, b int);
alter table u alter column a set storage plain;
alter table u alter column b set statistics 50;
