-- partitions-referred-to
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
-- DESTRUCTIVE: deletes the table public.gone and all of its rows
drop table public.gone;
-- fails where a row refers to one of its rows
alter table public.m_2 detach partition public.m_2_b;
-- DESTRUCTIVE: deletes the table public.m_2_b and all of its rows
drop table public.m_2_b;
commit;

set lock_timeout = 0;
-- fails where a row refers to one of its rows; where it is cut short, go on with `detach partition … finalize`
alter table public.m detach partition public.m_4 concurrently;

set lock_timeout = '5s';
alter table public.m_4 drop constraint if exists "m_4_a_check";

-- DESTRUCTIVE: deletes the table public.m_4 and all of its rows
drop table public.m_4;

begin;
alter table public.of_left_by drop constraint of_left_by_a_id_fkey;
-- fails where a row refers to one of its rows
alter table public.left_by detach partition public.left_by_1;
-- DESTRUCTIVE: deletes the table public.left_by and all of its rows
drop table public.left_by;
alter table public.of_once drop constraint of_once_a_id_fkey;
-- DESTRUCTIVE: deletes the table public.once and all of its rows
drop table public.once;
create table public.left_by (
  a integer not null,
  id integer not null,
  constraint left_by_pkey PRIMARY KEY (a, id)
);
alter table public.of_left_by add constraint of_left_by_a_id_fkey FOREIGN KEY (a, id) REFERENCES public.left_by(a, id) not valid;
create table public.once (
  a integer not null,
  id integer not null,
  constraint once_pkey PRIMARY KEY (a, id)
);
alter table public.of_once add constraint of_once_a_id_fkey FOREIGN KEY (a, id) REFERENCES public.once(a, id) not valid;
commit;

-- fails where a row has no partner
alter table public.of_left_by validate constraint of_left_by_a_id_fkey;

-- fails where a row has no partner
alter table public.of_once validate constraint of_once_a_id_fkey;
