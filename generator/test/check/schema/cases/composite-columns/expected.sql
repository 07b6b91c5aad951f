-- composite-columns

set check_function_bodies = off;

set lock_timeout = '5s';

comment on type public.amount is null;
comment on column public.amount.unit is null;

alter table public.orders alter column total drop default;
alter table public.orders drop constraint orders_total_check;
drop index public.orders_unit;

drop function public.plus(public.amount);

drop view public.totals;

alter type public."Odd pair" rename to "Odd pair__replaced";
create type public."Odd pair" as (
  "A b" integer,
  b integer
);
-- fails where public."Odd pair"."A b" of a row is no integer
alter table public.orders alter column odd type public."Odd pair" using case when odd is distinct from null then row((odd)."A b"::integer, (odd).b)::public."Odd pair" end;
drop type public."Odd pair__replaced";

alter type public.amount rename to "amount__replaced";
create type public.amount as (
  unit text,
  value bigint,
  since date
);
create function public."amount__converted"(old public."amount__replaced"[]) returns public.amount[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select case when old[i] is distinct from null then row((old[i]).unit, (old[i]).value, null::date)::public.amount end from generate_subscripts(old, 1) as i order by i) end;
end $$;
-- DESTRUCTIVE: deletes the attribute public.amount.remark and what is stored in it
alter table public.orders alter column total type public.amount using case when total is distinct from null then row((total).unit, (total).value, null::date)::public.amount end;
-- DESTRUCTIVE: deletes the attribute public.amount.remark and what is stored in it
alter table public.orders alter column parts type public.amount[] using public."amount__converted"(parts);
drop function public."amount__converted"(public."amount__replaced"[]);
drop type public."amount__replaced";
comment on type public.amount is 'How much of what';
comment on column public.amount.unit is 'As people write it';

alter type public.grown add attribute b text cascade;

alter type public.place rename to "place__replaced";
create type public.place as (
  x numeric(10,2),
  y integer
);
-- fails where public.place.x of a row does not fit numeric(10,2)
alter table public.orders alter column at type public.place using case when at is distinct from null then row((at).x, (at).y)::public.place end;
-- fails where public.place.x of a row does not fit numeric(10,2)
alter table public.events alter column what type public.place using case when what is distinct from null then row((what).x, (what).y)::public.place end;
drop type public."place__replaced";

alter table public.orders alter column total set default ROW('EUR'::text, (0)::bigint, NULL::date)::public.amount;
alter table public.orders add constraint orders_total_check CHECK (((total).value >= 0));
CREATE INDEX orders_unit ON public.orders USING btree (((total).unit));

CREATE FUNCTION public.plus(public.amount)
 RETURNS integer
 LANGUAGE sql
AS $function$select ($1).value + 1$function$;

create view public.totals as
 SELECT id,
    (total).value AS value,
    at
   FROM public.orders;
