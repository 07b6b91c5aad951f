-- functions-that-are-run

set check_function_bodies = off;

set lock_timeout = '5s';

CREATE FUNCTION public.a_outer(integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$select z_inner($1)$function$;

CREATE FUNCTION public.z_inner(integer)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$begin return $1; end$function$;

-- fails where a value that is stored does not fit it
alter domain public.small add constraint positive CHECK ((VALUE > public.a_outer(0)));

alter table public.t add column given integer default public.a_outer(2);
alter table public.t add column computed integer generated always as (public.a_outer(id)) stored;
