-- typed-tables-apart
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
drop view public.named;
alter table public.becomes add column d date;
alter table public.becomes of public.two;
alter table public.changing not of;
alter table public.changing alter column a type bigint;
alter table public.changing add column d date;
alter table public.pairs not of;
drop type public.pair;
create type public.pair as (
  c date,
  n integer,
  b text,
  a bigint
);
alter table public.pairs add column n integer;
alter table public.pairs alter column a type bigint;
alter table public.prices not of;
alter domain public.amount rename to "amount__replaced";
alter type public.price rename to "price__replaced";
create domain public.amount as bigint;
create type public.price as (
  amt public.amount,
  cur text
);
-- fails where a row holds a value that public.amount no longer has
alter table public.prices alter column amt type public.amount using amt::text::public.amount;
drop type public."price__replaced";
drop domain public."amount__replaced";
alter table public.readings not of;
alter type public.reading alter attribute at type timestamp with time zone cascade;
alter type public.reading alter attribute "Value" type integer cascade;
-- fails where at of a row is no timestamp with time zone; others are read as the session's settings say
-- fails where "Value" of a row is no integer
alter table public.readings
  alter column at type timestamp with time zone using at::timestamp with time zone,
  alter column "Value" type integer using "Value"::integer;
alter table public.states not of;
alter type public.status rename to "status__replaced";
alter type public.state rename to "state__replaced";
create type public.status as enum ('open', 'done');
create type public.state as (
  s public.status,
  n integer
);
-- fails where a row holds a value that public.status no longer has
alter table public.states alter column s type public.status using s::text::public.status;
drop type public."state__replaced";
drop type public."status__replaced";
create view public.named as
 SELECT a,
    b
   FROM public.pairs;
alter table public.pairs rename column b to b__moved;
alter table public.pairs add column b text generated always as (b__moved) stored not null;
alter table public.pairs alter column b drop expression;
alter table public.pairs rename column a to a__moved;
alter table public.pairs add column a bigint generated always as (a__moved) stored not null;
alter table public.pairs alter column a drop expression;
alter table public.changing rename column a to a__moved;
alter table public.changing add column a bigint generated always as (a__moved) stored not null;
alter table public.changing alter column a drop expression;
alter table public.changing rename column d to d__moved;
alter table public.changing add column d date generated always as (d__moved) stored;
alter table public.changing alter column d drop expression;
alter table public.changing drop column a__moved;
alter table public.changing drop column d__moved;
alter table public.notes drop constraint notes_pair_fkey;
drop trigger touched on public.pairs;
alter sequence public.numbers owned by public.pairs.a;
alter table public.changing of public.two;
alter table public.pairs alter column a set default nextval('public.numbers'::regclass);
comment on column public.pairs.b is 'a name';
grant select (b) on table public.pairs to public;
alter table public.prices of public.price;
alter table public.readings of public.reading;
alter table public.states of public.state;
create or replace view public.named as
 SELECT a,
    b
   FROM public.pairs;
alter table public.pairs drop column a__moved;
alter table public.pairs drop column b__moved;
alter table public.pairs of public.pair;
alter table public.pairs add constraint pairs_pkey PRIMARY KEY (a);
alter table public.notes add constraint notes_pair_fkey FOREIGN KEY (pair) REFERENCES public.pairs(a) not valid;
CREATE TRIGGER touched BEFORE UPDATE OF b ON public.pairs FOR EACH ROW EXECUTE FUNCTION public.touch();
commit;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently changing_pkey on public.changing (a);

set lock_timeout = '5s';
alter table public.changing add constraint changing_pkey primary key using index changing_pkey;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently pairs_b_key on public.pairs (b);

set lock_timeout = '5s';
alter table public.pairs add constraint pairs_b_key unique using index pairs_b_key;

-- fails where a row has no partner
alter table public.notes validate constraint notes_pair_fkey;
