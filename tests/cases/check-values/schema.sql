create domain level as text check (value in ('low', 'high'));
create domain strict_level as level check (value <> 'low');
create collation insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create domain step as int check (value = any (array[10, 20]));
create table items (
  id int primary key,
  kind text not null check (kind in ('a', 'b')),
  opt text check (opt in ('x', 'y')),
  one varchar(9) not null check (one = any (array['m'::varchar, 'n'::varchar])),
  padded char(4) not null check (padded in ('p', 'q')),
  either text not null check (either in ('a', 'b') or id > 1),
  both_ways text not null check (both_ways in ('r', 's') and length(both_ways) = 1),
  level level not null, strict strict_level not null,
  loose text collate insensitive not null check (loose in ('a', 'b')),
  single text not null check (single = 'only'), gender char(1) not null default 'm' check (gender in ('m', 'f')),
  maybe text check (maybe is null or maybe in ('u', 'v')),
  late text not null,
  size int not null check (size in (1, 2, 3)),
  grade smallint not null default 1 check (grade in (1, -2)), far int8 check (far in (1, 9007199254740993) or far is null), step step not null default 10, odd int not null default 1 check (odd in (1, 2) or id > 0),
  tags text[] not null check (tags <@ array['t', 'u'])
);
create view labelled as select id, kind, opt, level, size, lower(kind) as low from items;
alter table items add constraint late_in check (late in ('v')) not valid;
