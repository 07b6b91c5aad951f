-- typed-tables-let-go
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
-- DESTRUCTIVE: deletes the column public.becomes.gone and what is stored in it
alter table public.becomes drop column gone;
alter table public.own alter column a drop default;
alter table public.own drop constraint own_a_check;
alter type public.d alter attribute a type bigint cascade;
commit;

begin;
alter table public.becomes alter column a type bigint;
alter table public.becomes add constraint "a__is_not_null" check (a is not null) not valid;
commit;

-- fails where a row has no value
alter table public.becomes validate constraint "a__is_not_null";

begin;
alter table public.becomes alter column a set not null;
alter table public.becomes drop constraint "a__is_not_null";
commit;

alter table public.becomes of public.d;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently becomes_pkey on public.becomes (a);

set lock_timeout = '5s';
alter table public.becomes add constraint becomes_pkey primary key using index becomes_pkey;

begin;
alter table public.grows alter column a type bigint;
alter table public.grows add column b text;
alter table public.grows of public.d;
alter table public.own not of;
drop type public.c;
-- DESTRUCTIVE: deletes the column public.own.c and what is stored in it
alter table public.own drop column c;
commit;
