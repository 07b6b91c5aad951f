-- identity-to-serial

set lock_timeout = '5s';

alter table public.items alter column id drop default;

drop sequence public.items_id_seq;

alter table public.items alter column n drop default;

drop sequence public.items_n_seq;

alter table public."Odd one" alter column id drop identity;

create sequence public."Odd one_id_seq" as integer;
alter sequence public."Odd one_id_seq" owned by public."Odd one".id;
select pg_catalog.setval('public."Odd one_id_seq"', max(id)) from public."Odd one" having max(id) >= 1;

alter table public."Odd one" alter column id set default nextval('public."Odd one_id_seq"'::regclass);

alter table public.items alter column id add generated always as identity;
select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.items', 'id'), max(id)) from public.items having max(id) >= 1;
alter table public.items alter column n add generated always as identity;
select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.items', 'n'), max(n)) from public.items having max(n) >= 1;

alter table public.orders alter column id drop identity;

create sequence public.orders_id_seq as integer;
alter sequence public.orders_id_seq owned by public.orders.id;
select pg_catalog.setval('public.orders_id_seq', max(id)) from public.orders having max(id) >= 1;

alter table public.orders alter column "No" drop identity;

create sequence public."orders_No_seq";
alter sequence public."orders_No_seq" owned by public.orders."No";
select pg_catalog.setval('public."orders_No_seq"', max("No")) from public.orders having max("No") >= 1;

alter table public.orders alter column "No" set default nextval('public."orders_No_seq"'::regclass);
alter table public.orders alter column id set default nextval('public.orders_id_seq'::regclass);
