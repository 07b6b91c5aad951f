-- indexes
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
alter index public.same rename to renamed;

set lock_timeout = 0;
drop index concurrently public.gone;

drop index concurrently public.t_a;

drop index concurrently public.t_b;

-- fails where two rows are equal, and leaves an invalid index: drop that, mend the rows, and run it again
create unique index concurrently concurrent ON public.t USING btree (a, b) NULLS NOT DISTINCT;

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently t_a ON public.t USING btree (lower(a) text_pattern_ops) WHERE (b IS NOT NULL);

-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently t_b ON public.t USING hash (b);

set lock_timeout = '5s';
begin;
alter table public.t replica identity full;
alter table public.t cluster on renamed;
CREATE STATISTICS public.t_ab (dependencies) ON a, b FROM public.t;
commit;
