create role diff_reader;
create role diff_writer;
create table t (id int);
create table u (id int);
alter table t owner to diff_reader;
alter table u owner to diff_reader;
