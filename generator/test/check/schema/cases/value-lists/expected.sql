-- value-lists

set lock_timeout = '5s';

alter table public.doc enable row level security;
alter table public.doc add column is_open boolean generated always as (((state)::text = ANY (ARRAY[('a'::character varying)::text, ('it''s'::character varying)::text]))) stored;
-- fails where a row does not fit it
alter table public.doc add constraint doc_state_check CHECK (((state)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])));
CREATE INDEX doc_kind ON public.doc USING btree (id) WHERE ((kind)::text <> ALL (ARRAY[('x'::character varying)::text, ('y'::character varying)::text]));
create policy visible on public.doc for all to public using (((kind)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text])));

create view public.open_docs as
 SELECT id
   FROM public.doc
  WHERE ((kind)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text]));
