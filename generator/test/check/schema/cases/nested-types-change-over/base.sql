create type shade as enum ('dark', 'light', 'none');
create type coat as (layers int, shade shade);
create domain shades as shade[];
create type wall as (coat coat, height int);
create type room as (wall wall, no int);
create table houses (shade shade, coat coat, wall wall, room room, one shade, other shade not null default 'dark');
