-- default-of-a-function-remade

set check_function_bodies = off;

set lock_timeout = '5s';

alter table public.other drop constraint other_check;
drop index public.other_id;

drop function public.twice(integer);

CREATE INDEX third_id ON public.third USING btree (id);

CREATE FUNCTION public.twice(n integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$select $1 * 2$function$;

alter table public.box add column double bigint default public.twice(4) not null;

alter table public.other add constraint other_check CHECK ((public.twice(id) > 1));
