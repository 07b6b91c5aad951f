-- partitions-in-use

set lock_timeout = '5s';

alter table public.p detach partition public.p5;

CREATE INDEX h_id ON public.h USING btree (id);

alter table public.h attach partition public.h1 FOR VALUES WITH (modulus 2, remainder 0);

CREATE INDEX l_id ON public.l USING btree (id);

alter table public.l attach partition public.lb FOR VALUES IN ('b', NULL);

create table public.lc partition of public.l FOR VALUES IN ('c');

alter table public.p add constraint p_pkey PRIMARY KEY (at, k, id);
alter table public.p add constraint p_pos CHECK ((id > 0));
alter table public.p add constraint p_r FOREIGN KEY (r) REFERENCES public.r(id);
CREATE UNIQUE INDEX p_at ON public.p USING btree (at DESC, k, ((id + 1))) INCLUDE (r);
CREATE INDEX p_r ON public.p USING btree (r) WHERE (r > 0);

alter table public.p3 add constraint p_pos CHECK ((id > 0));
alter table public.p attach partition public.p3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');

create table public.p4 partition of public.p FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
