-- atomic-functions

set check_function_bodies = off;

set lock_timeout = '5s';

alter table public.t alter column a type bigint;

CREATE OR REPLACE FUNCTION public.counted()
 RETURNS bigint
 LANGUAGE sql
BEGIN ATOMIC
 SELECT (sum(t.a))::bigint AS sum
    FROM public.t;
END;

create or replace view public.v as
 SELECT public.counted() AS n,
    1 AS k;

CREATE OR REPLACE FUNCTION public.read_v()
 RETURNS bigint
 LANGUAGE sql
BEGIN ATOMIC
 SELECT (v.n + v.k)
    FROM public.v;
END;

alter table public.u alter column x set default (public.read_v() + 1);
