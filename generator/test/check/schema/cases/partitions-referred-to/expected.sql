-- partitions-referred-to

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the table public.gone and all of its rows
drop table public.gone;

-- fails where a row refers to one of its rows
alter table public.m_2 detach partition public.m_2_b;
-- DESTRUCTIVE: deletes the table public.m_2_b and all of its rows
drop table public.m_2_b;

-- fails where a row refers to one of its rows
alter table public.m detach partition public.m_4;
-- DESTRUCTIVE: deletes the table public.m_4 and all of its rows
drop table public.m_4;

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

alter table public.of_left_by add constraint of_left_by_a_id_fkey FOREIGN KEY (a, id) REFERENCES public.left_by(a, id);

create table public.once (
  a integer not null,
  id integer not null,
  constraint once_pkey PRIMARY KEY (a, id)
);

alter table public.of_once add constraint of_once_a_id_fkey FOREIGN KEY (a, id) REFERENCES public.once(a, id);
