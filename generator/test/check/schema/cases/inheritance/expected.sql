-- inheritance

set lock_timeout = '5s';

alter table public.base1 alter column id type bigint;
alter table public.base1 add column c text default 'c'::text;
-- fails where a row does not fit it
alter table public.base1 add constraint base1_id_check CHECK ((id > 0));

alter table public.child add column b integer;
alter table public.child inherit public.base2;
alter table public.child alter column c set default 'c'::text;

create table public.grandchild () inherits (public.child);

create table public.lone (
  x integer
);
