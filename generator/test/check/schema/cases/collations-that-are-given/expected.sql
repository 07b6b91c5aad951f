-- collations-that-are-given

set lock_timeout = '5s';

create domain public.surname as text collate pg_catalog."en-x-icu";

alter table public.people alter column name type text collate pg_catalog."de-x-icu";
CREATE INDEX by_name ON public.people USING btree (name COLLATE "fr-x-icu");

create view public.sorted as
 SELECT id
   FROM public.people
  ORDER BY (name COLLATE "sv-x-icu");
