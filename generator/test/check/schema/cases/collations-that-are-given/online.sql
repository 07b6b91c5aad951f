-- collations-that-are-given
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
create domain public.surname as text collate pg_catalog."en-x-icu";
alter table public.people alter column name type text collate pg_catalog."de-x-icu";
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently by_name ON public.people USING btree (name COLLATE "fr-x-icu");

set lock_timeout = '5s';
create view public.sorted as
 SELECT id
   FROM public.people
  ORDER BY (name COLLATE "sv-x-icu");
