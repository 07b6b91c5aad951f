create type point2 as (x bigint, z text collate "C", "W" int);
create type reordered as (b text, a int);
create type span as range (subtype = int8, multirange_type_name = spans);
create function norm(p point2) returns int language sql as 'select 1';
create table t (p point2, s span);
comment on type point2 is 'three';
comment on column point2.x is 'x';
