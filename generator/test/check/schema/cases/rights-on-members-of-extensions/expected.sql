-- rights-on-members-of-extensions

grant execute on function public.citext_eq(public.citext,public.citext) to public;
grant usage on type public.citext to diff_reader;
revoke execute on function public.min(public.citext) from public;

create extension if not exists pg_trgm with schema public;
comment on extension pg_trgm is 'text similarity measurement and index searching based on trigrams';
grant execute on function public.similarity(pg_catalog.text,pg_catalog.text) to diff_reader with grant option;
revoke execute on function public.similarity(pg_catalog.text,pg_catalog.text) from public;
