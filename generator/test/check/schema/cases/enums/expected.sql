-- enums

set lock_timeout = '5s';

alter type public.color add value 'violet' before 'red';
alter type public.color add value 'orange' after 'red';
alter type public.color add value 'blue';
alter type public.color add value 'black';

-- Commit what is above before what is below runs: it uses labels that were added to an enum.

drop type public.gone;

create type public.size as enum ('s', 'l');
comment on type public.size is 'sizes';

alter table public.t alter column c set default 'violet'::public.color;
-- fails where a row does not fit it
alter table public.t add constraint t_c_check CHECK ((c <> 'black'::public.color));
