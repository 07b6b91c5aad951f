-- indexes

set lock_timeout = '5s';

alter index public.same rename to renamed;

drop index public.gone;
drop index public.t_a;
drop index public.t_b;
-- fails where two rows are equal
CREATE UNIQUE INDEX concurrent ON public.t USING btree (a, b) NULLS NOT DISTINCT;
CREATE INDEX t_a ON public.t USING btree (lower(a) text_pattern_ops) WHERE (b IS NOT NULL);
CREATE INDEX t_b ON public.t USING hash (b);
alter table public.t replica identity full;
alter table public.t cluster on renamed;
CREATE STATISTICS public.t_ab (dependencies) ON a, b FROM public.t;
