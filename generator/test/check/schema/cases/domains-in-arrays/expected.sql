-- domains-in-arrays

set check_function_bodies = off;

set lock_timeout = '5s';

alter table public.boxes alter column size drop default;

drop function public.twice(public.size);

alter domain public.size rename to "size__replaced";
create domain public.size as bigint
  constraint small CHECK ((VALUE < 1000))
  constraint positive CHECK ((VALUE > 0));
-- fails where a row holds a value that public.size no longer has
alter table public.boxes alter column size type public.size using size::text::public.size;
drop domain public."size__replaced";
alter domain public.size add constraint even CHECK (((VALUE % (2)::bigint) = 0)) NOT VALID;

alter domain public.tag rename to "tag__replaced";
create domain public.tag as text
  constraint tag_check CHECK ((VALUE <> ''::text));
-- fails where a row holds a value that public.tag no longer has
alter table public.boxes alter column tags type public.tag[] using tags::text::public.tag[];
drop domain public."tag__replaced";

alter domain public.word rename to "word__replaced";
create domain public.word as text default 'none'::text not null
  constraint long CHECK ((length(VALUE) > 2));
-- fails where a row holds a value that public.word no longer has
alter table public.words alter column first type public.word using first::text::public.word;
-- fails where a row holds a value that public.word no longer has
alter table public.words alter column others type public.word[] using others::text::public.word[];
drop domain public."word__replaced";

alter table public.boxes alter column size set default 4;

CREATE FUNCTION public.twice(public.size)
 RETURNS public.size
 LANGUAGE sql
AS $function$select $1$function$;
