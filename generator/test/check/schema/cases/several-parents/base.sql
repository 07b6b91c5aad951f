create table named (id int, name text);
create table aged (id int, age int);
create table person (note text) inherits (named, aged);
create table employee (wage int) inherits (person);
