-- sequence-bounds

set lock_timeout = '5s';

alter sequence public.apart as bigint start with 100 increment by 1 minvalue 100 maxvalue 200 cache 1 no cycle restart;

select pg_catalog.setval('public.from_zero', 1, false) where coalesce(pg_catalog.pg_sequence_last_value('public.from_zero'), 0) not between 1 and 9223372036854775807;
alter sequence public.from_zero as bigint start with 1 increment by 1 minvalue 1 maxvalue 9223372036854775807 cache 1 no cycle;

select pg_catalog.setval('public.narrower', 1, false) where coalesce(pg_catalog.pg_sequence_last_value('public.narrower'), 100) not between 1 and 50;
alter sequence public.narrower as bigint start with 1 increment by 1 minvalue 1 maxvalue 50 cache 1 no cycle;

alter sequence public.wider as bigint start with 1 increment by 1 minvalue 1 maxvalue 9223372036854775807 cache 1 no cycle;

select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.counted', 'id'), 1, false) where coalesce(pg_catalog.pg_sequence_last_value(pg_catalog.pg_get_serial_sequence('public.counted', 'id')), -10) not between 1 and 2147483647;
alter table public.counted alter column id set start with 1 set increment by 1 set minvalue 1 set maxvalue 2147483647 set cache 1 set no cycle;

alter table public.elsewhere alter column id set start with 100 set increment by 1 set minvalue 100 set maxvalue 200 set cache 1 set no cycle restart;
