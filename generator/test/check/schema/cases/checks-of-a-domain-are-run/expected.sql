-- checks-of-a-domain-are-run

set check_function_bodies = off;

set lock_timeout = '5s';

CREATE FUNCTION public.z_helper(v text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$select length(v) > 0$function$;

alter table public.entries add column val public.checked default 'ok'::text;
alter table public.entries add column vals public.checked[] default '{ok}'::public.checked[];
