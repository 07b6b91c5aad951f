create function tax(n numeric, rate numeric default 0.19) returns numeric language sql immutable as 'select n * rate';
create table items (id int primary key, price numeric, taxed numeric generated always as (price + tax(price)) stored);
create view priced as select id, taxed from items;
create materialized view summed as select sum(taxed) as s from priced;
create function top() returns setof priced language sql as 'select * from priced';
create index items_tax on items (tax(price));
create rule ro as on insert to priced do instead nothing;
grant select on priced to public;
