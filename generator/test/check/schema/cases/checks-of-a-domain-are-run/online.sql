-- checks-of-a-domain-are-run
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = '5s';
begin;
CREATE FUNCTION public.z_helper(v text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$select length(v) > 0$function$;
alter table public.entries add column val public.checked default 'ok'::text;
commit;

alter table public.entries add column vals public.checked[] default '{ok}'::public.checked[];
