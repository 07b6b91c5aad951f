-- enum-values-removed
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = 0;
drop index concurrently public.t_s;

set lock_timeout = '5s';
begin;
alter table public.t alter column l drop default;
alter table public.t alter column s drop default;
drop function public.f(public.state);
drop view public.v;
alter type public.state rename to "state__replaced";
create type public.state as enum ('old', 'new');
-- fails where a row holds a value that public.state no longer has
alter table public.t
  alter column s type public.state using s::text::public.state,
  alter column l type public.state[] using l::text::public.state[];
drop type public."state__replaced";
alter table public.t alter column l set default '{old}'::public.state[];
alter table public.t alter column s set default 'new'::public.state;
CREATE FUNCTION public.f(s public.state)
 RETURNS public.state
 LANGUAGE sql
AS $function$select s$function$;
create view public.v as
 SELECT id
   FROM public.t
  WHERE (s = 'new'::public.state);
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently t_s ON public.t USING btree (s) WHERE (s <> 'old'::public.state);
