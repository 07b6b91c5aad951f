-- triggers-of-partitions

set lock_timeout = '5s';

alter table public.p_1 enable trigger again;
alter table public.p_1 enable trigger changed;

drop trigger changed on public.p;
CREATE TRIGGER changed AFTER UPDATE ON public.p FOR EACH ROW EXECUTE FUNCTION public.f();
alter table public.p enable always trigger turned;

alter table public.p_1 enable always trigger changed;
alter table public.p_1 disable trigger kept;
alter table public.p_1 disable trigger turned;

alter table public.p_2_1 enable replica trigger again;

-- fails where a row is of another partition
alter table public.p attach partition public.p_3 FOR VALUES FROM (3) TO (4);
alter table public.p_3 disable trigger kept;
