-- serial-and-sequences
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
drop sequence public.gone;
select pg_catalog.setval('public.loose', 3, false) where coalesce(pg_catalog.pg_sequence_last_value('public.loose'), 1) not between 1 and 50;
alter sequence public.loose as smallint start with 3 increment by -1 minvalue -50 maxvalue 50 cache 4 no cycle;
alter sequence public.t_id_seq as bigint start with 1 increment by 1 minvalue 1 maxvalue 9223372036854775807 cache 1 no cycle;
create sequence public.u_id_seq as integer;
commit;

begin;
alter table public.t alter column id type bigint;
alter table public.t alter column n set default nextval('public.t_id_seq'::regclass);
create table public.u (
  id integer default nextval('public.u_id_seq'::regclass) not null,
  other integer,
  constraint u_pkey PRIMARY KEY (id)
);
alter sequence public.adopted owned by public.u.other;
alter sequence public.u_id_seq owned by public.u.id;
commit;
