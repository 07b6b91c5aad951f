create table t (id int primary key, a text);
create view one as select id, upper(a) as a from t where id > 0;
create view two as select id from one;
