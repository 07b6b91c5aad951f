-- extensions

set lock_timeout = '5s';

create extension if not exists pg_trgm with schema public;
comment on extension pg_trgm is 'text similarity measurement and index searching based on trigrams';

alter table public.t add column b text;
CREATE INDEX t_b ON public.t USING gin (b public.gin_trgm_ops);
