create domain email as text check (value like '%@%');
create domain percent as int default 0 constraint low check (value >= 0);
create domain gone as text;
create domain code as varchar(10);
create table t (e email, p percent, c code);
create view v as select c from t;
