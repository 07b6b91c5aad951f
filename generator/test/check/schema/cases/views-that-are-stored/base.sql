create table sales (id int primary key, total int not null);
create view large as select id, total from sales where total > 100;
create view largest as select id from large where total > 1000;
create function all_large() returns setof large language sql as 'select * from large';
create materialized view sums as select sum(total) as total from sales;
create view doubled as select total * 2 as total from sums;
