-- nested-types-change-over

set lock_timeout = '5s';

alter table public.houses alter column other drop default;

alter type public.shade rename to "shade__replaced";
alter domain public.shades rename to "shades__replaced";
alter type public.coat rename to "coat__replaced";
alter type public.wall rename to "wall__replaced";
alter type public.room rename to "room__replaced";
create type public.shade as enum ('light', 'dark');
create domain public.shades as public.shade[];
create type public.coat as (
  layers integer,
  shade public.shade
);
create type public.wall as (
  coat public.shades,
  height integer
);
create type public.room as (
  wall public.wall,
  no integer
);
-- fails where a row holds a value that public.shade no longer has
alter table public.houses alter column shade type public.shade using shade::text::public.shade;
-- fails where a row holds a value that public.shades or public.shade no longer has
alter table public.houses alter column one type public.shades using one::text::public.shades;
-- fails where a row holds a value that public.shades or public.shade no longer has
alter table public.houses alter column other type public.shades using other::text::public.shades;
-- fails where a row holds a value that public.shade no longer has
alter table public.houses alter column coat type public.coat using case when coat is distinct from null then row((coat).layers, (coat).shade::text::public.shade)::public.coat end;
-- fails where a row holds a value that public.shades or public.shade no longer has; fails where the text of public.wall.coat in a row is no public.shades; where that is not meant, write behind USING which value each row gets
alter table public.houses alter column wall type public.wall using case when wall is distinct from null then row((wall).coat::text::public.shades, (wall).height)::public.wall end;
-- fails where a row holds a value that public.shades or public.shade no longer has; fails where the text of public.wall.coat in a row is no public.shades; where that is not meant, write behind USING which value each row gets
alter table public.houses alter column room type public.room using case when room is distinct from null then row(case when (room).wall is distinct from null then row(((room).wall).coat::text::public.shades, ((room).wall).height)::public.wall end, (room).no)::public.room end;
drop type public."room__replaced";
drop type public."wall__replaced";
drop type public."coat__replaced";
drop domain public."shades__replaced";
drop type public."shade__replaced";

alter table public.houses alter column other drop not null;
