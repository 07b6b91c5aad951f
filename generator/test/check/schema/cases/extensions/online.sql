-- extensions
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
create extension if not exists pg_trgm with schema public;
comment on extension pg_trgm is 'text similarity measurement and index searching based on trigrams';
alter table public.t add column b text;
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently t_b ON public.t USING gin (b public.gin_trgm_ops);
