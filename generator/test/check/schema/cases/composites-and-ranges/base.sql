create type point2 as (x int, y int);
create type gone as (a text);
create type reordered as (a int, b text);
create type span as range (subtype = int4);
create function norm(p point2) returns int language sql as 'select 1';
