create type amount as (value int, unit text, remark text);
comment on type amount is 'How much of what';
comment on column amount.unit is 'As people write it';
create type place as (x int, y int);
create type grown as (a int);
create type "Odd pair" as ("A b" text, b int);
create table orders (
  id int primary key,
  total amount not null default row(0, 'EUR', null)::amount,
  parts amount[],
  at place,
  more grown,
  odd "Odd pair",
  check ((total).value >= 0)
);
create index orders_unit on orders (((total).unit));
create view totals as select id, (total).value as value, at from orders;
create function plus(amount) returns int language sql as 'select ($1).value + 1';
create table events (id int, what place) partition by range (id);
create table events_1 partition of events for values from (0) to (10);
