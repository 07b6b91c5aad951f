-- logged-references
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
alter type public.color add value 'green';

alter table public.b set unlogged;

alter table public.a set unlogged;

-- fails where c of a row is no public.color
alter table public.b alter column c type public.color using c::public.color;

begin;
alter table public.b alter column d type text;
alter table public.b alter column c set default 'green'::public.color;
commit;

alter table public.c set logged;

alter table public.d set logged;
