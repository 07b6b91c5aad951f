-- left-by-their-parent
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set check_function_bodies = off;

set lock_timeout = '5s';
alter table public.keyed drop constraint keyed_pkey;

set lock_timeout = 0;
-- where it is cut short, go on with `detach partition … finalize`
alter table public.keyed detach partition public.keyed_1 concurrently;

set lock_timeout = '5s';
alter table public.keyed_1 drop constraint if exists "keyed_1_n_check";

begin;
-- DESTRUCTIVE: deletes the table public.keyed and all of its rows
drop table public.keyed;
alter table public.notes drop constraint doubled;
alter table public.letters no inherit public.notes;
-- DESTRUCTIVE: deletes the table public.notes and all of its rows
drop table public.notes;
alter table public.p drop constraint p_id_check;
drop index public.p_twice;
commit;

begin;
alter table public.p detach partition public.p_1;
alter table public.p detach partition public.p_2;
-- DESTRUCTIVE: deletes the table public.p and all of its rows
drop table public.p;
drop function public.twice(integer);
alter table public.keyed_1 alter column n drop not null;
create table public.p (
  id integer not null,
  k integer not null
)
partition by RANGE (k);
CREATE INDEX p_id ON public.p USING btree (id);
-- fails where a row is of another partition
alter table public.p attach partition public.p_1 FOR VALUES FROM (1) TO (2);
commit;

set lock_timeout = 0;
drop index concurrently public.p_2_id_idx;
