-- triggers-of-partitions
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
alter table public.p_1 enable trigger again;
alter table public.p_1 enable trigger changed;
commit;

begin;
drop trigger changed on public.p;
CREATE TRIGGER changed AFTER UPDATE ON public.p FOR EACH ROW EXECUTE FUNCTION public.f();
alter table public.p enable always trigger turned;
alter table public.p_1 enable always trigger changed;
alter table public.p_1 disable trigger kept;
alter table public.p_1 disable trigger turned;
alter table public.p_2_1 enable replica trigger again;
commit;

alter table public.p_3 add constraint "p__fits" check (((k IS NOT NULL) AND (k >= 3) AND (k < 4))) not valid;

-- fails where a row is of another partition
alter table public.p_3 validate constraint "p__fits";

begin;
alter table public.p attach partition public.p_3 FOR VALUES FROM (3) TO (4);
alter table public.p_3 drop constraint "p__fits";
commit;

alter table public.p_3 disable trigger kept;
