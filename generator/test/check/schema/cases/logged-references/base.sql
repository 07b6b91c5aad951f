create type color as enum ('blue');
create table a (id int primary key);
create table b (id int primary key references a, c text, d color);
create unlogged table c (id int primary key);
create unlogged table d (id int primary key references c);
