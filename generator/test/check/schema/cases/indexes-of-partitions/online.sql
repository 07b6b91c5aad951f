-- indexes-of-partitions
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = 0;
drop index concurrently public.joins_own;

drop index concurrently public.joins_too_b;

set lock_timeout = '5s';
begin;
drop index public.keyed_pkey cascade;
alter table public.once detach partition public.once_1;
alter table public.once detach partition public.once_2;
commit;

begin;
-- DESTRUCTIVE: deletes the table public.once and all of its rows
drop table public.once;
-- fails where a row is of another partition
alter table public.whole attach partition public.joins FOR VALUES IN (1);
-- fails where a row is of another partition
alter table public.whole attach partition public.joins_too FOR VALUES IN (2);
-- fails where two rows are equal
alter table public.keyed add constraint keyed_pkey PRIMARY KEY (a, b);
create table public.once (
  a integer,
  b integer,
  constraint once_a_b_key UNIQUE (a, b)
);
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently joins_own ON public.joins USING btree (a, b);

set lock_timeout = '5s';
begin;
CREATE INDEX once_b ON public.once USING btree (b);
alter table public.once_2 add constraint "a__is_not_null" check (a is not null) not valid;
commit;

-- fails where a row has no value
alter table public.once_2 validate constraint "a__is_not_null";

begin;
alter table public.once_2 alter column a set not null;
alter table public.once_2 drop constraint "a__is_not_null";
commit;

alter table public.once_2 add constraint "b__is_not_null" check (b is not null) not valid;

-- fails where a row has no value
alter table public.once_2 validate constraint "b__is_not_null";

begin;
alter table public.once_2 alter column b set not null;
alter table public.once_2 drop constraint "b__is_not_null";
commit;

create index whole_b on only public.whole USING btree (b);

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "joins__whole_b" on public.joins USING btree (b);

set lock_timeout = '5s';
alter index public.whole_b attach partition public."joins__whole_b";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "joins_too__whole_b" on public.joins_too USING btree (b);

set lock_timeout = '5s';
alter index public.whole_b attach partition public."joins_too__whole_b";

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently joins_too_b ON public.joins_too USING btree (b);

set lock_timeout = '5s';
alter table public.once_2 drop constraint once_2_a_b_key;

set lock_timeout = 0;
drop index concurrently public.once_2_b_idx;

-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently another on public.once_2 (a, b);

set lock_timeout = '5s';
alter table public.once_2 add constraint another unique using index another;

begin;
alter table public.once_2 replica identity using index another;
comment on constraint another on public.once_2 is 'it';
commit;
