create type c as (a int, b text, c date);
create table own of c (a with options default 4, check (a > 0));
create type d as (a int, b text);
create table becomes (a int, b text, gone date);
create table grows (a int);
