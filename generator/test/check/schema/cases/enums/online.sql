-- enums
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
alter type public.color add value 'violet' before 'red';
alter type public.color add value 'orange' after 'red';
alter type public.color add value 'blue';
alter type public.color add value 'black';
commit;

begin;
drop type public.gone;
create type public.size as enum ('s', 'l');
comment on type public.size is 'sizes';
alter table public.t alter column c set default 'violet'::public.color;
alter table public.t add constraint t_c_check CHECK ((c <> 'black'::public.color)) not valid;
commit;

-- fails where a row does not fit it
alter table public.t validate constraint t_c_check;
