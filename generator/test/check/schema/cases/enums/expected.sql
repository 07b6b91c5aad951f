-- enums

alter type public.color add value 'violet' before 'red';
alter type public.color add value 'orange' after 'red';
alter type public.color add value 'blue';
alter type public.color add value 'black';

-- What is above must be committed before what is below runs: new labels are used here.

drop type public.gone;

create type public.size as enum ('s', 'l');
comment on type public.size is 'sizes';

alter table public.t alter column c set default 'violet'::public.color;
alter table public.t add constraint t_c_check CHECK ((c <> 'black'::public.color));
