create table t (
  id int primary key,
  gone text,
  a int,
  b text not null,
  c varchar(10) default 'x',
  d text collate "C",
  e int not null default 1,
  f numeric(10, 4),
  g text
);
comment on column t.a is 'old';
create view totals as select id, a, b from t;
create index t_g on t (g);
