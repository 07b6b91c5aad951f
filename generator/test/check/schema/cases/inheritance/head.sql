create table base1 (id bigint, a text, c text default 'c', check (id > 0));
create table base2 (b int);
create table child (own int, b int) inherits (base1);
alter table child inherit base2;
create table grandchild () inherits (child);
create table lone (x int);
