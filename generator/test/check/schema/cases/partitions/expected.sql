-- partitions

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the table public.gone and all of its rows
drop table public.gone;

alter table public.p detach partition public.p1;

alter table public.p detach partition public.p2;

create table public.l1 partition of public.l FOR VALUES IN ('a', 'b')
partition by HASH (v);

create table public.l1a partition of public.l1 FOR VALUES WITH (modulus 2, remainder 0);

alter table public.p alter column id type bigint;
alter table public.p add column extra integer;
alter table public.p alter column note set default 'x'::text;
-- fails where two rows are equal
alter table public.p add constraint p_pkey PRIMARY KEY (id, at);
CREATE INDEX p_note ON public.p USING btree (note);

alter table public.p1 alter column id type bigint;
alter table public.p1 add column extra integer;
-- fails where a row is of another partition
alter table public.p attach partition public.p1 FOR VALUES FROM ('2026-01-01') TO ('2026-01-15');
alter table public.p1 alter column note set default 'x'::text;

alter table public.p2 alter column id type bigint;
alter table public.p2 add column extra integer;

alter table public.p3 alter column id type bigint;
alter table public.p3 add column extra integer;
-- fails where a row is of another partition
alter table public.p attach partition public.p3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
alter table public.p3 alter column note set default 'x'::text;

create table public.p4 partition of public.p DEFAULT;
