-- nested-types
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = '5s';
begin;
comment on column public.outerp.ps is null;
comment on type public.span is null;
commit;

begin;
alter table public.t alter column c drop default;
drop function public.f(public.outerp);
drop view public.v2;
drop view public.v;
alter function public.colors(public.color, public.color) rename to "colors__replaced";
alter function public.colors(public.color, public.color, text) rename to "colors__replaced";
alter function public.colors_multirange() rename to "colors_multirange__replaced";
alter function public.colors_multirange(public.colors) rename to "colors_multirange__replaced";
alter function public.colors_multirange(public.colors[]) rename to "colors_multirange__replaced";
alter type public.color rename to "color__replaced";
alter domain public.shade rename to "shade__replaced";
alter domain public.shades rename to "shades__replaced";
alter type public.pair rename to "pair__replaced";
alter type public.colors rename to "colors__replaced";
alter type public.colors_multirange rename to "colors_multirange__replaced";
alter domain public.good_pair rename to "good_pair__replaced";
alter domain public.positive_pair rename to "positive_pair__replaced";
alter type public.outerp rename to "outerp__replaced";
create type public.color as enum ('red', 'green');
create domain public.shade as public.color
  constraint shade_check CHECK ((VALUE <> 'red'::public.color));
create domain public.shades as public.color[];
create type public.pair as (
  a bigint,
  c public.color,
  n character varying(10)
);
create type public.colors as range (subtype = public.color, multirange_type_name = public.colors_multirange);
create domain public.good_pair as public.pair;
create domain public.positive_pair as public.good_pair
  constraint positive_pair_check CHECK (((VALUE).a > 0));
create type public.outerp as (
  p public.pair,
  ps public.pair[],
  s public.shade,
  g public.positive_pair
);
create function public."pair__converted"(old public."pair__replaced"[]) returns public.pair[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select case when old[i] is distinct from null then row((old[i]).a, (old[i]).c::text::public.color, (old[i]).n)::public.pair end from generate_subscripts(old, 1) as i order by i) end;
end $$;
create function public."outerp__converted"(old public."outerp__replaced"[]) returns public.outerp[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select case when old[i] is distinct from null then row(case when (old[i]).p is distinct from null then row(((old[i]).p).a, ((old[i]).p).c::text::public.color, ((old[i]).p).n)::public.pair end, public."pair__converted"((old[i]).ps), (old[i]).s::text::public.shade, ((case when (old[i]).g is distinct from null then row(((old[i]).g).a, ((old[i]).g).c::text::public.color, ((old[i]).g).n)::public.pair end)::public.good_pair)::public.positive_pair)::public.outerp end from generate_subscripts(old, 1) as i order by i) end;
end $$;
create function public."positive_pair__converted"(old public."positive_pair__replaced"[]) returns public.positive_pair[] language plpgsql as $$
begin
  if array_ndims(old) > 1 then raise exception 'an array of several dimensions: convert it by hand'; end if;
  return case when old is null then null else array(select ((case when old[i] is distinct from null then row((old[i]).a, (old[i]).c::text::public.color, (old[i]).n)::public.pair end)::public.good_pair)::public.positive_pair from generate_subscripts(old, 1) as i order by i) end;
end $$;
-- DESTRUCTIVE: deletes characters beyond 10 of what is stored in public.pair.n
-- fails where a row holds a value that public.color no longer has
-- fails where a row holds a value that public.shade or public.color no longer has
-- fails where a row holds a value that public.shades or public.color no longer has
-- fails where a row holds a value that public.colors no longer has
-- fails where a row holds a value that public.color or public.shade or public.positive_pair or public.good_pair no longer has
-- fails where a row holds a value that public.positive_pair or public.good_pair or public.color no longer has
alter table public.t
  alter column c type public.color using c::text::public.color,
  alter column s type public.shade using s::text::public.shade,
  alter column ss type public.shades using ss::text::public.shades,
  alter column p type public.pair using case when p is distinct from null then row((p).a, (p).c::text::public.color, (p).n)::public.pair end,
  alter column pp type public.pair[] using public."pair__converted"(pp),
  alter column cs type public.colors using cs::text::public.colors,
  alter column o type public.outerp using case when o is distinct from null then row(case when (o).p is distinct from null then row(((o).p).a, ((o).p).c::text::public.color, ((o).p).n)::public.pair end, public."pair__converted"((o).ps), (o).s::text::public.shade, ((case when (o).g is distinct from null then row(((o).g).a, ((o).g).c::text::public.color, ((o).g).n)::public.pair end)::public.good_pair)::public.positive_pair)::public.outerp end,
  alter column oo type public.outerp[] using public."outerp__converted"(oo),
  alter column g type public.positive_pair using ((case when g is distinct from null then row((g).a, (g).c::text::public.color, (g).n)::public.pair end)::public.good_pair)::public.positive_pair,
  alter column gg type public.positive_pair[] using public."positive_pair__converted"(gg);
drop function public."pair__converted"(public."pair__replaced"[]);
drop function public."outerp__converted"(public."outerp__replaced"[]);
drop function public."positive_pair__converted"(public."positive_pair__replaced"[]);
drop type public."outerp__replaced";
drop domain public."positive_pair__replaced";
drop domain public."good_pair__replaced";
drop type public."colors__replaced";
drop type public."pair__replaced";
drop domain public."shades__replaced";
drop domain public."shade__replaced";
drop type public."color__replaced";
alter collation public.sorted rename to "sorted__replaced";
alter domain public.word rename to "word__replaced";
create collation public.sorted (provider = icu, locale = 'de');
create domain public.word as text collate public.sorted;
-- fails where a row holds a value that public.word no longer has
alter table public.words
  alter column w type public.word using w::text::public.word,
  alter column v type character varying(9) collate public.sorted,
  alter column ws type public.word[] using ws::text::public.word[];
drop domain public."word__replaced";
drop collation public."sorted__replaced";
alter function public.span(double precision, double precision) rename to "span__replaced";
alter function public.span(double precision, double precision, text) rename to "span__replaced";
alter function public.span_multirange() rename to "span_multirange__replaced";
alter function public.span_multirange(public.span) rename to "span_multirange__replaced";
alter function public.span_multirange(public.span[]) rename to "span_multirange__replaced";
alter domain public.num rename to "num__replaced";
alter domain public.num2 rename to "num2__replaced";
alter type public.span rename to "span__replaced";
alter type public.span_multirange rename to "span_multirange__replaced";
alter type public.holder rename to "holder__replaced";
alter domain public.dspan rename to "dspan__replaced";
create domain public.num as bigint
  constraint num_check CHECK ((VALUE > 0));
create domain public.num2 as public.num
  constraint num2_check CHECK (((VALUE)::bigint < 50));
create type public.span as range (subtype = double precision, subtype_diff = float8mi, multirange_type_name = public.span_multirange);
create type public.holder as (
  n public.num2,
  r public.span
);
create domain public.dspan as public.span;
-- fails where a row holds a value that public.num no longer has
-- fails where a row holds a value that public.num2 or public.num no longer has
-- fails where a row holds a value that public.num2 or public.num or public.span no longer has
-- fails where a row holds a value that public.span no longer has
-- fails where a row holds a value that public.dspan or public.span no longer has
alter table public.t
  alter column n type public.num using n::text::public.num,
  alter column n2 type public.num2 using n2::text::public.num2,
  alter column nn type public.num2[] using nn::text::public.num2[],
  alter column h type public.holder using case when h is distinct from null then row((h).n::text::public.num2, (h).r::text::public.span)::public.holder end,
  alter column sp type public.span using sp::text::public.span,
  alter column mp type public.span_multirange using mp::text::public.span_multirange,
  alter column ds type public.dspan using ds::text::public.dspan;
drop domain public."dspan__replaced";
drop type public."holder__replaced";
drop type public."span__replaced";
drop domain public."num2__replaced";
drop domain public."num__replaced";
comment on column public.outerp.ps is 'many';
comment on type public.span is 'x';
alter table public.t alter column c set default 'red'::public.color;
CREATE FUNCTION public.f(o public.outerp)
 RETURNS public.pair
 LANGUAGE sql
 IMMUTABLE
AS $function$select (o).p$function$;
create view public.v as
 SELECT id,
    s,
    (o).g AS g,
    sp
   FROM public.t;
create view public.v2 as
 SELECT id,
    s,
    g,
    sp
   FROM public.v;
commit;
