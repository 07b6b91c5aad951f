-- partition-leaves-beside-a-type

set lock_timeout = '5s';

drop type public.color;

alter table public.log drop constraint log_pkey;

alter table public.log detach partition public.log_2;

-- DESTRUCTIVE: deletes the column public.log.note and what is stored in it
alter table public.log drop column note;

create type public.color as enum ('blue', 'red');
