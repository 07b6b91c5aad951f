create table t (
  id bigint primary key,
  a bigint not null,
  b text,
  c varchar(20) default 'y',
  d text,
  e int not null,
  f numeric(10, 2),
  g int,
  h text not null default 'h',
  i uuid not null
);
comment on column t.a is 'new';
create view totals as select id, a, b from t;
create index t_g on t (g);
