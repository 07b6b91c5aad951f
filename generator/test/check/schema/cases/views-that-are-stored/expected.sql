-- views-that-are-stored

set check_function_bodies = off;

set lock_timeout = '5s';

drop function public.all_large();

drop view public.doubled;

drop view public.largest;

drop view public.large;

drop materialized view public.sums;
create view public.sums as
 SELECT sum(total) AS total
   FROM public.sales;

create view public.doubled as
 SELECT (total * 2) AS total
   FROM public.sums;

create materialized view public.large as
 SELECT id,
    total
   FROM public.sales
  WHERE (total > 100);

CREATE FUNCTION public.all_large()
 RETURNS SETOF public.large
 LANGUAGE sql
AS $function$select * from large$function$;

create view public.largest as
 SELECT id
   FROM public.large
  WHERE (total > 1000);
