create role diff_reader login;
create role diff_writer;
alter role diff_reader set statement_timeout = '5s';
alter role diff_reader set work_mem = '8MB';
alter role diff_reader set search_path = public;
