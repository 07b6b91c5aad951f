-- inheritance
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
alter table public.base1 alter column id type bigint;

begin;
alter table public.base1 add column c text default 'c'::text;
alter table public.base1 add constraint base1_id_check CHECK ((id > 0)) not valid;
commit;

-- fails where a row does not fit it
alter table public.base1 validate constraint base1_id_check;

begin;
alter table public.child add column b integer;
alter table public.child inherit public.base2;
alter table public.child alter column c set default 'c'::text;
create table public.grandchild () inherits (public.child);
create table public.lone (
  x integer
);
commit;
