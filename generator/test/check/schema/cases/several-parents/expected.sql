-- several-parents

set lock_timeout = '5s';

alter table public.person no inherit public.aged;
alter table public.person no inherit public.named;

alter table public.aged alter column id type bigint;

alter table public.named alter column id type bigint;
-- fails where name of a row does not fit character varying(50)
alter table public.named alter column name type character varying(50);

alter table public.person alter column id type bigint;
-- fails where name of a row does not fit character varying(50)
alter table public.person alter column name type character varying(50);
alter table public.person inherit public.aged;
alter table public.person inherit public.named;
