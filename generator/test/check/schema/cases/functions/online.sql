-- functions
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = '5s';
begin;
alter table public.t alter column id drop default;
alter table public.t drop constraint t_c_check;
drop function public.gone(text);
drop function public.named(integer);
drop procedure public.run(integer);
drop aggregate public.total(integer);
drop view public.v;
drop function public.result(integer);
CREATE FUNCTION public.atomic(a integer)
 RETURNS TABLE(x integer, y text)
 LANGUAGE sql
BEGIN ATOMIC
 SELECT t.id,
     (t.c)::text AS c
    FROM public.t
   WHERE (t.id = atomic.a);
END;
CREATE OR REPLACE FUNCTION public.body(a integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$select a + 1$function$;
CREATE FUNCTION public.named(b integer)
 RETURNS integer
 LANGUAGE sql
AS $function$select b$function$;
CREATE FUNCTION public.over(a text)
 RETURNS SETOF text
 LANGUAGE sql
 COST 10 ROWS 5
AS $function$select a$function$;
comment on function public.over(text) is 'text';
CREATE FUNCTION public.result(a integer)
 RETURNS bigint
 LANGUAGE sql
AS $function$select a::bigint$function$;
alter table public.t alter column id set default public.result(1);
alter table public.t add constraint t_c_check CHECK ((public.named(c) > 0)) not valid;
CREATE PROCEDURE public.run(IN x integer, INOUT y integer DEFAULT 3)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $procedure$begin y := x; end$procedure$;
create aggregate public.joined(text) (sfunc = textcat, stype = text, finalfunc_modify = read_only, parallel = unsafe);
create aggregate public.total(integer) (sfunc = int4pl, stype = integer, finalfunc_modify = read_only, initcond = '10', parallel = unsafe);
create view public.v as
 SELECT public.result(id) AS r
   FROM public.t;
commit;

-- fails where a row does not fit it
alter table public.t validate constraint t_c_check;
