create table customers (id bigint, email text, "Name (old)" text, size int);
create table orders (id bigint primary key, customer bigint, code text, spare text, note varchar(10));
create index by_code on orders (code);
create index by_spare on orders (spare);
create table events (id bigint, at date not null, kind text) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create materialized view sizes as select size from customers;
create view notes as select note from orders;
