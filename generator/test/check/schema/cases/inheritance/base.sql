create table base1 (id int, a text);
create table base2 (b int);
create table child (own int) inherits (base1);
