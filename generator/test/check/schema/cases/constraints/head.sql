create table p (id int primary key, code text, constraint p_code unique (code) include (id));
create table t (
  id int, p_id int references p on delete set null, code text not null, n int check (n >= 0),
  r int4range,
  constraint t_pk primary key (id, code),
  exclude using gist (r with &&)
);
alter table t add constraint later check (n < 100);
alter table t add constraint other_name check (code <> '');
create table u (code text references p (code));
comment on constraint later on t is 'why';
