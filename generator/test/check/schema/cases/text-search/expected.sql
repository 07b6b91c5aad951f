-- text-search

set lock_timeout = '5s';

drop text search dictionary public.becomes;

drop text search parser public.becomes_another;

drop text search configuration public.goes;
drop text search dictionary public.goes;

drop text search template public.goes_along;

drop text search parser public.goes_apart;

create schema "S";

create text search parser "S"."New" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
comment on text search parser "S"."New" is 'new';

create text search dictionary "S"."it's" (template = pg_catalog.snowball, language = 'german');

create text search configuration "S".made (parser = pg_catalog."default");
alter text search configuration "S".made add mapping for asciiword, "int" with "S"."it's", simple;

alter table public.docs add column made tsvector generated always as (to_tsvector('"S".made'::regconfig, body)) stored;
CREATE INDEX docs_made ON public.docs USING btree (to_tsvector('"S".made'::regconfig, body));

comment on text search configuration "S".made is 'made';

create text search dictionary public.becomes (template = pg_catalog.snowball, language = 'english');

create text search parser public.becomes_another (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype);

create text search template public.own_words (init = dsimple_init, lexize = dsimple_lexize);

create text search dictionary public.own (template = public.own_words);

create text search configuration public.parsed (parser = "S"."New");
alter text search configuration public.parsed add mapping for word with public.own;

-- what was made with it and is stored stays as it is, in generated columns and indexes too
alter text search dictionary public.stem (language = 'german', stopwords);

-- what was made with it and is stored stays as it is, in generated columns and indexes too
alter text search configuration public.words drop mapping for "float", uint;
alter text search configuration public.words alter mapping for asciiword, word with public.stem, simple;
