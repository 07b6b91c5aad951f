create role diff_reader;
alter database app set statement_timeout = '5s';
alter database app set search_path = public, "Odd one";
alter role diff_reader in database app set lock_timeout = '1s';
create table t (id int);
