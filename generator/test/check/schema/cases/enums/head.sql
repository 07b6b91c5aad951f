create type color as enum ('violet', 'red', 'orange', 'green', 'blue', 'black');
create type size as enum ('s', 'l');
create table t (c color not null default 'violet', l color[], check (c <> 'black'));
create view v as select c from t;
comment on type size is 'sizes';
