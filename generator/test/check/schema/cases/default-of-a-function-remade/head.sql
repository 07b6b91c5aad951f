create function twice(n integer) returns bigint language sql immutable as 'select $1 * 2';
create table box (id integer primary key, double bigint default twice(4) not null);
create table other (id integer, constraint other_check check (twice(id) > 1));
create table third (id integer);
create index third_id on third (id);
