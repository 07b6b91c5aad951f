-- tables

set lock_timeout = '5s';

-- DESTRUCTIVE: deletes the table public.gone and all of its rows
drop table public.gone;

alter table public.cache set logged;
alter table public.cache set (autovacuum_enabled = 'false', fillfactor = '80');

create table public.fresh (
  id bigint generated always as identity not null,
  kept_id integer not null,
  "Odd Name" text collate pg_catalog."C" default 'x'::text not null,
  price numeric(10,2) default 0 not null,
  total numeric generated always as ((price * (2)::numeric)) stored,
  made timestamp with time zone default now() not null,
  constraint "fresh_Odd Name_check" CHECK (("Odd Name" <> ''::text)),
  constraint fresh_pkey PRIMARY KEY (id),
  constraint "fresh_kept_id_Odd Name_key" UNIQUE (kept_id, "Odd Name"),
  constraint fresh_kept_id_fkey FOREIGN KEY (kept_id) REFERENCES public.kept(id) ON DELETE CASCADE
);
CREATE INDEX fresh_made ON public.fresh USING btree (made DESC) WHERE (total > (0)::numeric);
comment on table public.fresh is 'New.';
comment on column public.fresh."Odd Name" is 'With a space.';
