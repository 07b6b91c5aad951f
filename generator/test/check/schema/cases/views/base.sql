create table t (id int primary key, a text, b int);
create view one as select id, a from t;
create view two as select id from one;
create materialized view three as select count(*) as n from two;
create unique index three_n on three (n);
create view gone as select 1 as x;
create view guarded with (security_barrier) as select id from t where b > 0 with check option;
comment on view two is 'second';
comment on column one.a is 'a';
