-- partition-leaves-beside-a-type
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
alter table public.log drop constraint log_pkey;

set lock_timeout = 0;
-- where it is cut short, go on with `detach partition … finalize`
alter table public.log detach partition public.log_2 concurrently;

set lock_timeout = '5s';
alter table public.log_2 drop constraint if exists "log_2_at_check";

begin;
drop type public.color;
-- DESTRUCTIVE: deletes the column public.log.note and what is stored in it
alter table public.log drop column note;
create type public.color as enum ('blue', 'red');
commit;
