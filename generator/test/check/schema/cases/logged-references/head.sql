create type color as enum ('blue', 'green');
create unlogged table a (id int primary key);
create unlogged table b (id int primary key references a, c color default 'green', d text);
create table c (id int primary key);
create table d (id int primary key references c);
