-- typed-tables

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the attribute public.pair.z and what is stored in it
alter type public.pair drop attribute z cascade;

-- DESTRUCTIVE: deletes the column public.un.y and what is stored in it
alter table public.un drop column y;

drop view public.pv;

alter type public.pair alter attribute a type bigint cascade;
alter type public.pair add attribute c integer cascade;

alter table public.tt not of;
alter table public.tt add column n integer;

alter table public.un of public.kk;

create view public.pv as
 SELECT a
   FROM public.pairs;

-- fails where a row has no value
alter table public.pairs alter column c set not null;
