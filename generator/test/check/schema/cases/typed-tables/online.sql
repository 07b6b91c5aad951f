-- typed-tables
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
-- DESTRUCTIVE: deletes the attribute public.pair.z and what is stored in it
alter type public.pair drop attribute z cascade;
-- DESTRUCTIVE: deletes the column public.un.y and what is stored in it
alter table public.un drop column y;
commit;

begin;
drop view public.pv;
alter type public.pair alter attribute a type bigint cascade;
alter type public.pair add attribute c integer cascade;
alter table public.tt not of;
alter table public.tt add column n integer;
alter table public.un of public.kk;
create view public.pv as
 SELECT a
   FROM public.pairs;
alter table public.pairs add constraint "c__is_not_null" check (c is not null) not valid;
commit;

-- fails where a row has no value
alter table public.pairs validate constraint "c__is_not_null";

begin;
alter table public.pairs alter column c set not null;
alter table public.pairs drop constraint "c__is_not_null";
commit;
