-- What is known of a whole says nothing of its parts.
create type point3 as (x int, y int, label text);
create domain spot as box;
create domain named as text not null;
create table shape (
  id int primary key,
  at point3 not null,
  corners point3[] not null,
  tags text[] not null,
  spots spot[] not null,
  area box[] not null,
  conf jsonb not null,
  confs jsonb[] not null,
  name named,
  price numeric not null
);
create table owner (id int primary key, shape_id int not null references shape, nick text);
