create domain email as text not null constraint has_at check (value ~ '@');
create domain percent as int default 1 constraint low check (value >= 0) constraint high check (value <= 100);
create domain code as varchar(20);
create domain fresh as text collate "C" check (length(value) > 1) check (value <> 'no');
create table t (e email, p percent, c code);
create view v as select c from t;
comment on domain fresh is 'new';
comment on constraint high on domain percent is '100';
