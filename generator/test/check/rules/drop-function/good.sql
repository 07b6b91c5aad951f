-- file: 1_before.sql
create function full_name(first text, last text) returns text language sql immutable as $$ select first || ' ' || last $$;

-- file: 2_change.sql
drop function full_name(text, text);
create function full_name(first text, last text, middle text default '') returns text language sql immutable as $$ select concat_ws(' ', first, middle, last) $$;
