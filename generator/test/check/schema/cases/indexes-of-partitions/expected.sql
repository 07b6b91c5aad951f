-- indexes-of-partitions

set lock_timeout = '5s';

drop index public.joins_own;

drop index public.joins_too_b;

drop index public.keyed_pkey cascade;

alter table public.once detach partition public.once_1;

alter table public.once detach partition public.once_2;

-- DESTRUCTIVE: deletes the table public.once and all of its rows
drop table public.once;

-- fails where a row is of another partition
alter table public.whole attach partition public.joins FOR VALUES IN (1);
CREATE INDEX joins_own ON public.joins USING btree (a, b);

-- fails where a row is of another partition
alter table public.whole attach partition public.joins_too FOR VALUES IN (2);

-- fails where two rows are equal
alter table public.keyed add constraint keyed_pkey PRIMARY KEY (a, b);

create table public.once (
  a integer,
  b integer,
  constraint once_a_b_key UNIQUE (a, b)
);
CREATE INDEX once_b ON public.once USING btree (b);

-- fails where a row has no value
alter table public.once_2 alter column a set not null;
-- fails where a row has no value
alter table public.once_2 alter column b set not null;

CREATE INDEX whole_b ON public.whole USING btree (b);

CREATE INDEX joins_too_b ON public.joins_too USING btree (b);

alter table public.once_2 drop constraint once_2_a_b_key;
drop index public.once_2_b_idx;
-- fails where two rows are equal
alter table public.once_2 add constraint another UNIQUE (a, b);
alter table public.once_2 replica identity using index another;
comment on constraint another on public.once_2 is 'it';
