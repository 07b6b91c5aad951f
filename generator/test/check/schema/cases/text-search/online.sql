-- text-search
-- Run it outside of a transaction, and again from where it stopped should a lock not be had in time.

set lock_timeout = '5s';
begin;
drop text search dictionary public.becomes;
drop text search configuration public.goes;
drop text search dictionary public.goes;
create schema "S";
create text search dictionary "S"."it's" (template = pg_catalog.snowball, language = 'german');
create text search configuration "S".made (parser = pg_catalog."default");
alter text search configuration "S".made add mapping for asciiword, "int" with "S"."it's", simple;
alter table public.docs add column made tsvector generated always as (to_tsvector('"S".made'::regconfig, body)) stored;
comment on text search configuration "S".made is 'made';
create text search dictionary public.becomes (template = pg_catalog.snowball, language = 'english');
commit;

set lock_timeout = 0;
-- leaves an invalid index where it fails: drop that, and run it again
create index concurrently docs_made ON public.docs USING btree (to_tsvector('"S".made'::regconfig, body));

set lock_timeout = '5s';
-- what was made with it and is stored stays as it is, in generated columns and indexes too
alter text search dictionary public.stem (language = 'german', stopwords);

begin;
-- what was made with it and is stored stays as it is, in generated columns and indexes too
alter text search configuration public.words drop mapping for "float", uint;
alter text search configuration public.words alter mapping for asciiword, word with public.stem, simple;
commit;
