create table t (id int, a text, b text, c text, d text not null, constraint t_pkey primary key (id) with (fillfactor = 70),
  constraint t_a unique (a), constraint t_b unique (b) with (fillfactor = 60), constraint t_c unique (c) with (fillfactor = 60) deferrable initially deferred);
create index t_lower on t (a, lower(b));
alter index t_lower alter column 2 set statistics 300;
create index t_upper on t (upper(a), upper(b));
alter index t_upper alter column 1 set statistics 300;
