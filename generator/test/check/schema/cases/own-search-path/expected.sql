-- own-search-path

set check_function_bodies = off;

set lock_timeout = '5s';

alter type public.state add value 'done';

-- Commit what is above before what is below runs: it uses labels that were added to an enum.

alter domain public.rate drop constraint rate_check;

alter table public.items alter column s drop default;
-- fails where s of a row is no public.state
alter table public.items alter column s type public.state using s::public.state;
alter table public.items alter column s set default 'done'::public.state;

CREATE FUNCTION public.folded(word text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$select lowered(word)$function$;

CREATE FUNCTION public.lowered(word text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$select lower(word)$function$;

create view public.short_words as
 SELECT word
   FROM public.words
  WHERE (length(word) < 5);

CREATE FUNCTION public.short_words_now()
 RETURNS SETOF public.short_words
 LANGUAGE sql
 STABLE
AS $function$select * from short_words$function$;

CREATE INDEX words_folded ON public.words USING btree (public.folded(word));
-- fails where two rows are equal
CREATE UNIQUE INDEX words_folded_once ON public.words USING btree (id, public.folded(word));

create materialized view public.word_list as
 SELECT word
   FROM public.short_words_now() short_words_now(word);
