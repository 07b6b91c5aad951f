-- columns

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the column public.t.gone and what is stored in it
-- was public.t.gone renamed to public.t.h? Then write `-- solitude-gen: renamed public.t.gone to public.t.h` in a schema file
alter table public.t drop column gone;
alter table public.t alter column c drop default;
alter table public.t alter column e drop default;

drop view public.totals;

alter table public.t alter column id type bigint;
alter table public.t alter column a type bigint;
-- fails where a row has no value
alter table public.t alter column a set not null;
alter table public.t alter column b drop not null;
alter table public.t alter column c type character varying(20);
alter table public.t alter column d type text;
-- DESTRUCTIVE: deletes digits behind the point of what is stored in public.t.f
alter table public.t alter column f type numeric(10,2);
-- fails where g of a row is no integer
alter table public.t alter column g type integer using g::integer;
alter table public.t add column h text default 'h'::text not null;
-- fails where the table has rows: they need a value, as by a default
alter table public.t add column i uuid not null;
alter table public.t alter column c set default 'y'::character varying;
comment on column public.t.a is 'new';

create view public.totals as
 SELECT id,
    a,
    b
   FROM public.t;
