create type pair as (a int, b numeric);
create table a (id int primary key, kind text not null check (kind in ('solo', 'team')), note text, cost numeric not null, tags text[] not null, conf jsonb, p pair);
create table b (id int primary key, a_id int references a, v int, s text not null, w numeric not null);
