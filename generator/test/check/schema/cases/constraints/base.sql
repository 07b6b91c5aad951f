create table p (id int primary key, code text unique);
create table t (
  id int, p_id int references p, code text, n int check (n > 0),
  r int4range,
  constraint t_pk primary key (id)
);
alter table t add constraint later check (n < 100) not valid;
alter table t add constraint same_definition check (code <> '');
create table u (code text references p (code));
