-- collations
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
alter collation public.renamed rename to other_name;
drop collation public.gone;
commit;

set lock_timeout = 0;
drop index concurrently public.people_city;

drop index concurrently public.people_name;

set lock_timeout = '5s';
begin;
drop collation public.unheld;
drop view public.named;
create collation public."Loose" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
alter collation public.sorted rename to "sorted__replaced";
create collation public.sorted (provider = icu, locale = 'en-u-kn');
alter table public.people alter column name type text collate public.sorted;
drop collation public."sorted__replaced";
comment on collation public.sorted is 'numbers by their value';
create collation public.unheld (provider = icu, locale = 'da');
alter table public.people alter column city type text collate public."Loose";
create view public.named as
 SELECT id,
    name
   FROM public.people
  ORDER BY name;
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently people_city ON public.people USING btree (city COLLATE public.sorted);

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently people_name ON public.people USING btree (name);
