create table once (a int, b int, unique (a, b));
create index once_b on once (b);
create table once_1 (a int, b int, unique (a, b));
create index once_1_b_idx on once_1 (b);
create table once_2 (a int, b int, constraint another unique (a, b));
comment on constraint another on once_2 is 'it';
alter table once_2 alter a set not null, alter b set not null, replica identity using index another;

create table whole (a int, b int) partition by list (a);
create index whole_ab on whole (a, b);
create table joins (a int, b int);
alter table whole attach partition joins for values in (1);
create index joins_own on joins (a, b);
create table joins_too (a int, b int);
alter table whole attach partition joins_too for values in (2);
create index whole_b on whole (b);
create index joins_too_b on joins_too (b);

-- A partition's own key on an index that it has from the whole.
create table keyed (a int not null, b int not null) partition by list (a);
create table keyed_1 partition of keyed for values in (1);
alter table keyed add constraint keyed_pkey primary key (a, b);
