create table t (a text, b text, c int) with (fillfactor = 50, autovacuum_enabled = false);
alter table t alter column a set storage external;
alter table t alter column c set statistics 5;
