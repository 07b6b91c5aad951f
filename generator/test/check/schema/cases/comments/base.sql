create table t (id int primary key);
create view v as select 1 as a;
comment on table t is 'old';
comment on column t.id is 'gone';
comment on view v is 'same';
