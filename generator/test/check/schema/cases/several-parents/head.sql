create table named (id bigint, name varchar(50));
create table aged (id bigint, age int);
create table person (note text) inherits (named, aged);
create table employee (wage int) inherits (person);
