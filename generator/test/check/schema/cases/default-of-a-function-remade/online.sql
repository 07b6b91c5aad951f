-- default-of-a-function-remade
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = 0;
drop index concurrently public.other_id;

set lock_timeout = '5s';
begin;
alter table public.other drop constraint other_check;
drop function public.twice(integer);
CREATE FUNCTION public.twice(n integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$select $1 * 2$function$;
alter table public.box add column double bigint default public.twice(4) not null;
alter table public.other add constraint other_check CHECK ((public.twice(id) > 1)) not valid;
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently third_id ON public.third USING btree (id);

set lock_timeout = '5s';
-- fails where a row does not fit it
alter table public.other validate constraint other_check;
