-- views
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
drop view public.gone;

begin;
drop materialized view public.three;
drop view public.two;
drop view public.one;
create or replace view public.guarded with (security_invoker = 'true') as
 SELECT id
   FROM public.t
  WHERE (b > 1);
create view public.extended as
 SELECT id
   FROM public.guarded;
create view public.one as
 SELECT (id)::bigint AS id,
    (a || '!'::text) AS a,
    b
   FROM public.t;
comment on column public.one.a is 'a';
create view public.two as
 SELECT id
   FROM public.one;
comment on view public.two is 'second';
create materialized view public.three as
 SELECT count(*) AS n
   FROM public.two;
commit;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently three_n ON public.three USING btree (n);

set lock_timeout = '5s';
comment on materialized view public.three is 'counted';
