-- types-under-tables-remade
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
alter table public.c no inherit public.p;
alter table public.c alter column k drop default;
commit;

begin;
alter table public.o detach partition public.o1;
alter table public.o1 alter column k drop default;
alter table public.p alter column k drop default;
alter table public.q alter column k drop default;
alter table public.q detach partition public.q1;
alter table public.q1 alter column k drop default;
alter table public.q2 alter column k drop default;
drop view public.v;
-- DESTRUCTIVE: deletes the table public.o and all of its rows
drop table public.o;
alter table public.o1 drop column g;
alter table public.u drop column g;
alter type public.k rename to "k__replaced";
alter domain public.kk rename to "kk__replaced";
create type public.k as enum ('a', 'b');
create domain public.kk as public.k;
-- fails where a row holds a value that public.k no longer has
alter table public.o1
  alter column k type public.k using k::text::public.k,
  alter column ks type public.k[] using ks::text::public.k[];
-- fails where a row holds a value that public.k no longer has
alter table public.u alter column k type public.k using k::text::public.k;
-- fails where a row holds a value that public.k no longer has
alter table public.q alter column k type public.k using k::text::public.k;
-- fails where a row holds a value that public.k no longer has
alter table public.q1 alter column k type public.k using k::text::public.k;
-- fails where a row holds a value that public.k no longer has
alter table public.p alter column k type public.k using k::text::public.k;
-- fails where a row holds a value that public.k no longer has
alter table public.c alter column k type public.k using k::text::public.k;
-- fails where a row holds a value that public.kk or public.k no longer has
alter table public.o1 alter column d type public.kk using d::text::public.kk;
drop domain public."kk__replaced";
drop type public."k__replaced";
create table public.o (
  id integer,
  at bigint,
  k public.k default 'a'::public.k,
  d public.kk,
  ks public.k[],
  g public.k generated always as ('a'::public.k) stored
)
partition by RANGE (at);
alter table public.o1
  alter column at type bigint,
  add column g public.k generated always as ('a'::public.k) stored;
-- fails where a row is of another partition
alter table public.o attach partition public.o1 FOR VALUES FROM ('1') TO ('3');
alter table public.o1 alter column k set default 'a'::public.k;
alter table public.p alter column k set default 'b'::public.k;
alter table public.q alter column k set default 'a'::public.k;
alter table public.q1 alter column k set default 'a'::public.k;
alter table public.q2 alter column k set default 'a'::public.k;
alter table public.u add column g public.k generated always as (
CASE
    WHEN (id > 3) THEN 'a'::public.k
    ELSE 'b'::public.k
END) stored;
create view public.v as
 SELECT u.g,
    o.k
   FROM public.u,
    public.o;
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently u_g ON public.u USING btree (g);
