-- views

set lock_timeout = '5s';

drop view public.gone;

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
CREATE UNIQUE INDEX three_n ON public.three USING btree (n);
comment on materialized view public.three is 'counted';
