create type color as enum ('red', 'green', '1');
create domain share as integer;
create table one (id integer, a color, b color);
create table two (id integer, a share not null, b share);
create type size as enum ('1', '2', '3');
create type weight as enum ('1', '2', '3');
create type length as enum ('1', '2', '3');
create table three (a size, b weight, c length);
