create role diff_reader;
alter database "the app" set statement_timeout to '9s';
alter database app set timezone = 'UTC';
alter role diff_reader in database app set search_path = public, "$user";
create table t (id int);
