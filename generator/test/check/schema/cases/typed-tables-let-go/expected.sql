-- typed-tables-let-go

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the column public.becomes.gone and what is stored in it
alter table public.becomes drop column gone;

alter table public.own alter column a drop default;
alter table public.own drop constraint own_a_check;

alter type public.d alter attribute a type bigint cascade;

alter table public.becomes alter column a type bigint;
-- fails where a row has no value
alter table public.becomes alter column a set not null;
alter table public.becomes of public.d;
-- fails where two rows are equal
alter table public.becomes add constraint becomes_pkey PRIMARY KEY (a);

alter table public.grows alter column a type bigint;
alter table public.grows add column b text;
alter table public.grows of public.d;

alter table public.own not of;

drop type public.c;

-- DESTRUCTIVE: deletes the column public.own.c and what is stored in it
alter table public.own drop column c;
