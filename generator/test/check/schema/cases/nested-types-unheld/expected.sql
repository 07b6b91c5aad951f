-- nested-types-unheld

set check_function_bodies = off;

set lock_timeout = '5s';

drop function public.weigh(public.parcel);

drop type public.parcel;

drop type public.status;

drop domain public.price;

drop domain public.amount;

create type public.status as enum ('new', 'paid');

create domain public.amount as bigint;

create domain public.price as public.amount
  constraint price_check CHECK (((VALUE)::bigint > 0));

create type public.parcel as (
  s public.status,
  a public.amount,
  p public.price[]
);

CREATE FUNCTION public.weigh(p public.parcel)
 RETURNS bigint
 LANGUAGE sql
AS $function$select (p).a$function$;
