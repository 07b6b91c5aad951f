-- overloads-take-over

set check_function_bodies = off;

set lock_timeout = '5s';

alter table public.t alter column a drop default;
alter table public.t drop constraint t_a_check;
drop index public.i;
drop policy p on public.t;

drop function public.g();

drop function public.f();

drop view public.v;

drop function public.h(integer);

CREATE FUNCTION public.f(a integer DEFAULT 7)
 RETURNS integer
 LANGUAGE sql
RETURN a;

CREATE FUNCTION public.g()
 RETURNS integer
 LANGUAGE sql
BEGIN ATOMIC
 SELECT public.f() AS f;
 SELECT 3;
END;

CREATE FUNCTION public.h(integer, b integer DEFAULT 3)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$select $1 + $2$function$;

alter table public.t alter column a set default public.h(4);
-- fails where a row does not fit it
alter table public.t add constraint t_a_check CHECK ((public.h(a) > 1));
CREATE INDEX i ON public.t USING btree (public.h(a), a);
create policy p on public.t for all to public using ((public.h(a) > 2));

create view public.v as
 SELECT public.h(a) AS h,
    1 AS one
   FROM public.t;
