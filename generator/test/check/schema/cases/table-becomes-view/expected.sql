-- table-becomes-view

set lock_timeout = '5s';

drop view public.big;

-- DESTRUCTIVE: deletes the table public.orders and all of its rows
-- was public.orders renamed to public.order_rows? Then write `-- solitude-gen: renamed public.orders to public.order_rows` in a schema file
drop table public.orders;

create table public.order_rows (
  id integer not null,
  total integer,
  constraint order_rows_pkey PRIMARY KEY (id)
);

create view public.orders as
 SELECT id,
    total
   FROM public.order_rows;

create view public.big as
 SELECT id
   FROM public.orders
  WHERE (total > 100);
