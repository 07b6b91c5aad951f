create type shade as enum ('light', 'dark');
create type coat as (layers int, shade shade);
create domain shades as shade[];
create type wall as (coat shades, height int);
create type room as (wall wall, no int);
create table houses (shade shade, coat coat, wall wall, room room, one shades, other shades);
