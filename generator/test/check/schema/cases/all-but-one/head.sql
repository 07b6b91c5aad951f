create role diff_reader;
create table t (id int);
grant all on t to diff_reader;
revoke delete on t from diff_reader;
