-- circular-references-removed

set lock_timeout = '5s';

alter table public.x drop constraint x_y_id_fkey;

alter table public.y drop constraint y_x_id_fkey;

-- DESTRUCTIVE: deletes the table public.x and all of its rows
drop table public.x;

-- DESTRUCTIVE: deletes the table public.y and all of its rows
drop table public.y;

create table public.z (
  id integer not null,
  constraint z_pkey PRIMARY KEY (id)
);
