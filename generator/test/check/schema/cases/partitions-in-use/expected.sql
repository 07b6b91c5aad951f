-- partitions-in-use

set lock_timeout = '5s';

alter table public.p detach partition public.p5;

CREATE INDEX h_id ON public.h USING btree (id);

-- fails where a row is of another partition
alter table public.h attach partition public.h1 FOR VALUES WITH (modulus 2, remainder 0);

CREATE INDEX l_id ON public.l USING btree (id);

-- fails where a row is of another partition
alter table public.l attach partition public.lb FOR VALUES IN ('b', NULL);

-- fails where the default partition has a row of it
create table public.lc partition of public.l FOR VALUES IN ('c');

-- fails where two rows are equal
alter table public.p add constraint p_pkey PRIMARY KEY (at, k, id);
-- fails where a row does not fit it
alter table public.p add constraint p_pos CHECK ((id > 0));
-- fails where a row has no partner
alter table public.p add constraint p_r FOREIGN KEY (r) REFERENCES public.r(id);
-- fails where two rows are equal
CREATE UNIQUE INDEX p_at ON public.p USING btree (at DESC, k, ((id + 1))) INCLUDE (r);
CREATE INDEX p_r ON public.p USING btree (r) WHERE (r > 0);

-- fails where a row does not fit it
alter table public.p3 add constraint p_pos CHECK ((id > 0));
-- fails where a row is of another partition
alter table public.p attach partition public.p3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');

create table public.p4 partition of public.p FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
