-- dependency-chain

set check_function_bodies = off;

set lock_timeout = '5s';

drop index public.items_tax;

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

CREATE INDEX items_tax ON public.items USING btree (public.tax(price));

CREATE RULE ro AS
    ON INSERT TO public.priced DO INSTEAD NOTHING;
grant select on table public.priced to public;

create materialized view public.summed as
 SELECT sum(taxed) AS s
   FROM public.priced;
