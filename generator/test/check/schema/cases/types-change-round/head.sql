create type color as enum ('red', '1');
create domain share as bigint;
create table one (id integer, a share, b color);
create table two (id integer, a color not null, b share);
create type size as enum ('1', '2');
create type weight as enum ('1', '2');
create type length as enum ('1', '2');
create table three (a weight, b length, c size);
