create function twice(x integer) returns bigint language sql immutable as 'select $1 * 2';
create table box (id integer primary key);
create table other (id integer, constraint other_check check (twice(id) > 1));
create index other_id on other (id);
create table third (id integer);
