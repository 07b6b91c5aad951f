create table t (id int primary key, a text);
create view one as select id from t;
create view two as select id from one;
