-- domain-lets-go
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = '5s';
begin;
alter domain public.kept rename to "kept__replaced";
create domain public.kept as character varying(9);
-- fails where a row holds a value that public.kept no longer has
alter table public.shirts alter column kept type public.kept using kept::text::public.kept;
drop domain public."kept__replaced";
commit;

begin;
alter domain public.sizes rename to "sizes__replaced";
create domain public.sizes as text[]
  constraint known CHECK ((cardinality(VALUE) < 4));
-- fails where a row holds a value that public.sizes no longer has
alter table public.shirts alter column sizes type public.sizes using sizes::text::public.sizes;
drop domain public."sizes__replaced";
commit;

begin;
drop type public.size;
drop function public.is_size(text);
create type public.size as enum ('s', 'm', 'l');
commit;
