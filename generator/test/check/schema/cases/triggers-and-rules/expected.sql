-- triggers-and-rules

set lock_timeout = '5s';

drop rule keep on public.t;
drop trigger changed on public.t;
drop trigger gone on public.t;

drop view public.v;

alter table public.t alter column id type bigint;
CREATE RULE keep AS
    ON DELETE TO public.t DO  INSERT INTO public.log (id)
  VALUES (old.id);
CREATE TRIGGER changed BEFORE UPDATE OF a ON public.t FOR EACH ROW WHEN ((new.id > 0)) EXECUTE FUNCTION public.f();
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.f();
alter table public.t disable trigger off;
comment on trigger changed on public.t is 'on a';
comment on rule keep on public.t is 'logged';

create view public.v as
 SELECT id
   FROM public.t;
CREATE TRIGGER instead INSTEAD OF INSERT ON public.v FOR EACH ROW EXECUTE FUNCTION public.f();
