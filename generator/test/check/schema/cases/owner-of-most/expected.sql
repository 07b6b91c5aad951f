-- owner-of-most

set lock_timeout = '5s';

alter table public.t owner to diff_writer;

alter table public.u owner to diff_writer;
