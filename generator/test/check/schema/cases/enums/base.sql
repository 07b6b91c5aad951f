create type color as enum ('red', 'green');
create type gone as enum ('x');
create table t (c color not null default 'red', l color[]);
create view v as select c from t;
