create role diff_reader;
create role diff_writer;
create table t (id int, a text);
grant select, insert on t to diff_reader;
grant select on t to public;
create function f() returns int language sql as 'select 1';
create function g() returns int language sql as 'select 1';
revoke execute on function g() from public;
