-- exclusion-conditions

set lock_timeout = '5s';

alter table public.booked drop constraint booked_room_excl;
-- DESTRUCTIVE: deletes the column public.booked.gone and what is stored in it
alter table public.booked drop column gone;

alter table public.kept drop constraint kept_once;
-- DESTRUCTIVE: deletes the column public.kept.hidden and what is stored in it
alter table public.kept drop column hidden;

-- fails where two rows exclude each other
alter table public.booked add constraint booked_room_excl EXCLUDE USING gist (room WITH &&);
