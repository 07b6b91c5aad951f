create table t (id int primary key);
create view v as select 1 as a;
comment on table t is 'with ''quotes'' and \ and
two lines';
comment on view v is 'same';
comment on column v.a is 'a';
comment on index t_pkey is 'pk';
