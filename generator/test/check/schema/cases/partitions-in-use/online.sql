-- partitions-in-use
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = 0;
-- where it is cut short, go on with `detach partition … finalize`
alter table public.p detach partition public.p5 concurrently;

set lock_timeout = '5s';
alter table public.p5 drop constraint if exists "p5_at_check";

create index h_id on only public.h USING btree (id);

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "h2__h_id" on public.h2 USING btree (id);

set lock_timeout = '5s';
alter index public.h_id attach partition public."h2__h_id";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "h1__h_id" on public.h1 USING btree (id);

set lock_timeout = '5s';
alter table public.h attach partition public.h1 FOR VALUES WITH (modulus 2, remainder 0);

create index l_id on only public.l USING btree (id);

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "la__l_id" on public.la USING btree (id);

set lock_timeout = '5s';
alter index public.l_id attach partition public."la__l_id";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "ld__l_id" on public.ld USING btree (id);

set lock_timeout = '5s';
alter index public.l_id attach partition public."ld__l_id";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "lb__l_id" on public.lb USING btree (id);

set lock_timeout = '5s';
alter table public.lb add constraint "l__fits" check (((k IS NULL) OR (k = 'b'::text))) not valid;

-- fails where a row is of another partition
alter table public.lb validate constraint "l__fits";

alter table public.ld add constraint "l__fits" check (not ((k IS NULL) OR (k = 'b'::text))) not valid;

-- fails where a row is of another partition
alter table public.ld validate constraint "l__fits";

begin;
alter table public.l attach partition public.lb FOR VALUES IN ('b', NULL);
alter table public.lb drop constraint "l__fits";
alter table public.ld drop constraint "l__fits";
commit;

alter table public.ld add constraint "l__fits" check (not ((k IS NOT NULL) AND (k = 'c'::text))) not valid;

-- fails where a row is of another partition
alter table public.ld validate constraint "l__fits";

begin;
create table public.lc partition of public.l FOR VALUES IN ('c');
alter table public.ld drop constraint "l__fits";
commit;

alter table only public.p add constraint p_pkey PRIMARY KEY (at, k, id);

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p1__p_pkey" on public.p1 (at, k, id);

set lock_timeout = '5s';
alter table public.p1 add constraint "p1__p_pkey" primary key using index "p1__p_pkey";

alter index public.p_pkey attach partition public."p1__p_pkey";

alter table only public.p2 add constraint "p2__p_pkey" PRIMARY KEY (at, k, id);

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p2a__p2__p_pkey" on public.p2a (at, k, id);

set lock_timeout = '5s';
alter table public.p2a add constraint "p2a__p2__p_pkey" primary key using index "p2a__p2__p_pkey";

alter index public."p2__p_pkey" attach partition public."p2a__p2__p_pkey";

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p2b__p2__p_pkey" on public.p2b (at, k, id);

set lock_timeout = '5s';
alter table public.p2b add constraint "p2b__p2__p_pkey" primary key using index "p2b__p2__p_pkey";

alter index public."p2__p_pkey" attach partition public."p2b__p2__p_pkey";

alter index public.p_pkey attach partition public."p2__p_pkey";

alter table public.p add constraint p_pos CHECK ((id > 0)) not valid;

-- fails where a row does not fit it
alter table public.p validate constraint p_pos;

alter table public.p1 add constraint "p1__p_r" FOREIGN KEY (r) REFERENCES public.r(id) not valid;

-- fails where a row has no partner
alter table public.p1 validate constraint "p1__p_r";

alter table public.p2a add constraint "p2a__p2__p_r" FOREIGN KEY (r) REFERENCES public.r(id) not valid;

-- fails where a row has no partner
alter table public.p2a validate constraint "p2a__p2__p_r";

alter table public.p2b add constraint "p2b__p2__p_r" FOREIGN KEY (r) REFERENCES public.r(id) not valid;

-- fails where a row has no partner
alter table public.p2b validate constraint "p2b__p2__p_r";

alter table public.p add constraint p_r FOREIGN KEY (r) REFERENCES public.r(id);

create unique index p_at on only public.p USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p1__p_at" on public.p1 USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

set lock_timeout = '5s';
alter index public.p_at attach partition public."p1__p_at";

create unique index "p2__p_at" on only public.p2 USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p2a__p2__p_at" on public.p2a USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

set lock_timeout = '5s';
alter index public."p2__p_at" attach partition public."p2a__p2__p_at";

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p2b__p2__p_at" on public.p2b USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

set lock_timeout = '5s';
alter index public."p2__p_at" attach partition public."p2b__p2__p_at";

alter index public.p_at attach partition public."p2__p_at";

create index p_r on only public.p USING btree (r) WHERE (r > 0);

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "p1__p_r" on public.p1 USING btree (r) WHERE (r > 0);

set lock_timeout = '5s';
alter index public.p_r attach partition public."p1__p_r";

create index "p2__p_r" on only public.p2 USING btree (r) WHERE (r > 0);

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "p2a__p2__p_r" on public.p2a USING btree (r) WHERE (r > 0);

set lock_timeout = '5s';
alter index public."p2__p_r" attach partition public."p2a__p2__p_r";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "p2b__p2__p_r" on public.p2b USING btree (r) WHERE (r > 0);

set lock_timeout = '5s';
alter index public."p2__p_r" attach partition public."p2b__p2__p_r";

alter index public.p_r attach partition public."p2__p_r";

alter table public.p3 add constraint p_pos CHECK ((id > 0)) not valid;

-- fails where a row does not fit it
alter table public.p3 validate constraint p_pos;

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p3__p_pkey" on public.p3 (at, k, id);

set lock_timeout = '5s';
alter table public.p3 add constraint "p3__p_pkey" primary key using index "p3__p_pkey";

alter table public.p3 add constraint "p3__p_r" FOREIGN KEY (r) REFERENCES public.r(id) not valid;

-- fails where a row has no partner
alter table public.p3 validate constraint "p3__p_r";

set lock_timeout = 0;
-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently "p3__p_at" on public.p3 USING btree (at DESC, k, ((id + 1))) INCLUDE (r);

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "p3__p_r" on public.p3 USING btree (r) WHERE (r > 0);

set lock_timeout = '5s';
alter table public.p3 add constraint "p__fits" check (((at IS NOT NULL) AND (at >= '2026-03-01'::date) AND (at < '2026-04-01'::date))) not valid;

-- fails where a row is of another partition
alter table public.p3 validate constraint "p__fits";

begin;
alter table public.p attach partition public.p3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
alter table public.p3 drop constraint "p__fits";
commit;

create table public.p4 partition of public.p FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
