create role diff_reader;
create table t (id int);
