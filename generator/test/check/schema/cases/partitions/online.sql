-- partitions
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
-- DESTRUCTIVE: deletes the table public.gone and all of its rows
drop table public.gone;

begin;
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
commit;

begin;
alter table public.p2 alter column id type bigint;
alter table public.p2 add column extra integer;
commit;

begin;
alter table public.p3 alter column id type bigint;
alter table public.p3 add column extra integer;
commit;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p3__p_pkey" on public.p3 (id, at);

set lock_timeout = '5s';
alter table public.p3 add constraint "p3__p_pkey" primary key using index "p3__p_pkey";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "p3__p_note" on public.p3 USING btree (note);

set lock_timeout = '5s';
alter table public.p3 add constraint "p__fits" check (((at IS NOT NULL) AND (at >= '2026-03-01'::date) AND (at < '2026-04-01'::date))) not valid;

-- fails where a row is of another partition
alter table public.p3 validate constraint "p__fits";

begin;
alter table public.p attach partition public.p3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
alter table public.p3 drop constraint "p__fits";
commit;

begin;
alter table public.p3 alter column note set default 'x'::text;
create table public.p4 partition of public.p DEFAULT;
commit;
