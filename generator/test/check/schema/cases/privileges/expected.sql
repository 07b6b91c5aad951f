-- privileges

set check_function_bodies = off;

revoke select on table public.t from public;

grant execute on function public.g() to public;

create schema app;
grant create, usage on schema app to diff_writer;

create type app.e as enum ('a');
grant usage on type app.e to diff_reader;
revoke usage on type app.e from public;

create sequence app.s;
grant usage on sequence app.s to diff_reader;

create table app.after (
  id integer
);
alter table app.after owner to diff_writer;
grant select on table app.after to diff_reader;

revoke insert on table public.t from diff_reader;
grant select on table public.t to diff_reader with grant option;
grant update (a) on table public.t to diff_writer;
grant select (id) on table public.t to diff_writer;

grant execute on function public.f() to diff_writer;
revoke execute on function public.f() from public;

CREATE FUNCTION public.h()
 RETURNS integer
 LANGUAGE sql
AS $function$select 1$function$;
revoke execute on function public.h() from public;

create view app.v as
 SELECT 1 AS a;
grant select on table app.v to diff_reader;

alter default privileges in schema app grant select on tables to diff_reader;
