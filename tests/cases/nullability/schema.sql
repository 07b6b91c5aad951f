create table a (id int primary key, t text not null, n int, g int generated always as (coalesce(n, 0)) stored);
create table b (id int primary key, a_id int not null references a, v numeric not null);
create view totals as select a.id, sum(b.v) as total, count(b.id) as many from a left join b on b.a_id = a.id group by a.id;
