-- references-let-go

set lock_timeout = '5s';

drop trigger touched on public."a before";

alter table public.a drop constraint refers;

alter table public."A" set unlogged;

alter table public."a before" alter column n type bigint;
CREATE INDEX "a before_id_idx" ON public."a before" USING btree (id);
CREATE TRIGGER touched BEFORE UPDATE OF n ON public."a before" FOR EACH ROW EXECUTE FUNCTION public.touch();
