-- dependency-chain
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = 0;
drop index concurrently public.items_tax;

set lock_timeout = '5s';
begin;
drop function public.top();
drop materialized view public.summed;
drop view public.priced;
alter table public.items drop column taxed;
drop function public.tax(numeric);
CREATE FUNCTION public.tax(n numeric, rate numeric DEFAULT 0.19)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$select n * rate$function$;
alter table public.items add column taxed numeric generated always as ((price + public.tax(price))) stored;
create view public.priced as
 SELECT id,
    taxed
   FROM public.items;
CREATE FUNCTION public.top()
 RETURNS SETOF public.priced
 LANGUAGE sql
AS $function$select * from priced$function$;
CREATE RULE ro AS
    ON INSERT TO public.priced DO INSTEAD NOTHING;
grant select on table public.priced to public;
create materialized view public.summed as
 SELECT sum(taxed) AS s
   FROM public.priced;
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently items_tax ON public.items USING btree (public.tax(price));
