-- references-let-go
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
drop trigger touched on public."a before";
alter table public.a drop constraint refers;
alter table public."A" set unlogged;
alter table public."a before" alter column n type bigint;
CREATE TRIGGER touched BEFORE UPDATE OF n ON public."a before" FOR EACH ROW EXECUTE FUNCTION public.touch();
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently "a before_id_idx" ON public."a before" USING btree (id);
