create table t (id int, a text, b text, c text, d text not null, constraint t_pkey primary key (id) with (fillfactor = 80),
  constraint t_a unique (a) with (fillfactor = 50), constraint t_b unique (b), constraint t_c unique (c) with (fillfactor = 60, deduplicate_items = off) deferrable initially deferred,
  constraint t_d unique (d) with (fillfactor = 55) deferrable);
create index t_lower on t (a, lower(b));
create index t_upper on t (upper(a), upper(b));
alter index t_upper alter column 1 set statistics 400;
alter index t_upper alter column 2 set statistics 500;
create table u (id int, unique (id) with (fillfactor = 50));
create index u_double on u ((id * 2));
alter index u_double alter column 1 set statistics 200;
create table twice (id int, constraint twice_pkey primary key (id), constraint twice_id unique (id) with (fillfactor = 50));
comment on constraint twice_id on twice is 'the same once more';
