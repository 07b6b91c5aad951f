-- What a CHECK or an override says of a column goes with the column's own values only.
create type mood as enum ('sad', 'happy');
create domain code as varchar check (value in ('aa', 'bb'));
create domain cut as varchar check (value::varchar(1) in ('a', 'b'));
create table doc (
  id int primary key,
  kind text not null check (kind in ('mail', 'note')),
  short varchar not null check (short::varchar(1) in ('a', 'b')),
  number text not null check (number::int::text in ('1', '2')),
  listed text[] not null check (listed::text in ('{a,b}', '{}')),
  code code not null,
  cut cut not null,
  mood mood not null,
  status text not null default 'open' check (status in ('open', 'stored')),
  size int check ((status = 'stored') = (size is not null)),
  sha text check (status <> 'stored' or sha is not null),
  maybe text check (maybe in ('x', 'y'))
);
create table ruled (id int primary key, kind text not null check (kind in ('a', 'b')));
create rule elsewhere as on insert to ruled do instead
  insert into doc (id, kind, short, number, listed, code, cut, mood) values (new.id, 'mail', 'abc', '01', '{}', 'aa', 'az', 'sad')
  returning id, 'zzz'::text;
