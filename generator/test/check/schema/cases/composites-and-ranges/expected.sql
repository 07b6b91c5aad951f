-- composites-and-ranges

set lock_timeout = '5s';

drop type public.gone;

-- DESTRUCTIVE: deletes the attribute public.point2.y and what is stored in it
alter type public.point2 drop attribute y cascade;

drop type public.reordered;

drop type public.span;

alter type public.point2 alter attribute x type bigint cascade;
alter type public.point2 add attribute z text collate pg_catalog."C" cascade;
alter type public.point2 add attribute "W" integer cascade;
comment on type public.point2 is 'three';
comment on column public.point2.x is 'x';

create type public.reordered as (
  b text,
  a integer
);

create type public.span as range (subtype = bigint, multirange_type_name = public.spans);

create table public.t (
  p public.point2,
  s public.span
);
