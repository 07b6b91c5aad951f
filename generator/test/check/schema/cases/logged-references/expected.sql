-- logged-references

set lock_timeout = '5s';

alter type public.color add value 'green';

-- Commit what is above before what is below runs: it uses labels that were added to an enum.

alter table public.b set unlogged;

alter table public.a set unlogged;

-- fails where c of a row is no public.color
alter table public.b alter column c type public.color using c::public.color;
alter table public.b alter column d type text;
alter table public.b alter column c set default 'green'::public.color;

alter table public.c set logged;

alter table public.d set logged;
