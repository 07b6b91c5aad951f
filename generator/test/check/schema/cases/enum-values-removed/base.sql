create type state as enum ('new', 'old', 'odd');
create table t (id int primary key, s state not null default 'new', l state[] default '{odd}');
create index t_s on t (s) where s <> 'old';
create view v as select id from t where s = 'new';
create function f(s state) returns state language sql as 'select s';
