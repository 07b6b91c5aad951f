-- index-parameters

set lock_timeout = '5s';

alter index public.t_a set (fillfactor = '50');
alter index public.t_b reset (fillfactor);
alter index public.t_c set (deduplicate_items = 'off');
-- fails where two rows are equal
alter table public.t add constraint t_d UNIQUE (d) WITH (fillfactor='55') DEFERRABLE;
alter index public.t_pkey set (fillfactor = '80');
alter index public.t_lower alter column 2 set statistics -1;
alter index public.t_upper alter column 1 set statistics 400;
alter index public.t_upper alter column 2 set statistics 500;

create table public.twice (
  id integer not null,
  constraint twice_pkey PRIMARY KEY (id)
);

create table public.u (
  id integer,
  constraint u_id_key UNIQUE (id) WITH (fillfactor='50')
);
CREATE INDEX u_double ON public.u USING btree (((id * 2)));
alter index public.u_double alter column 1 set statistics 200;
