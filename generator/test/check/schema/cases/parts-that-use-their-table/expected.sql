-- parts-that-use-their-table

set check_function_bodies = off;

set lock_timeout = '5s';

alter table public.notes alter column id drop default;
alter table public.notes drop constraint notes_check;
drop index public.notes_is_good_idx;
drop rule also on public.notes;
drop policy counted on public.notes;
drop policy mine on public.notes;

drop function public.first_id();

drop function public.is_good(public.notes);

drop function public.is_mine(public.notes);

drop view public.owners;

drop materialized view public.counts;

-- DESTRUCTIVE: deletes the table public.notes and all of its rows
drop table public.notes;

create table public.other (
  id integer
);
