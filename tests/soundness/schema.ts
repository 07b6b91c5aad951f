/** The tables that generated queries run on. Small domains, so that joins meet and miss. */
export const SCHEMA = `
create type mood as enum ('sad', 'ok', 'happy');
create type pair as (x int, label text);
create domain posint as int check (value > 0);
create domain sure as text not null;

create table a (
  id int primary key, k int not null, n int, t text not null, u text, f boolean, j jsonb, xs int[], ys int[] not null,
  m mood, p pair, ts timestamptz, s sure, r int4range, c text check (c in ('x', 'y')),
  g int generated always as (k + 1) stored, h int generated always as (n + 1) stored
);
create table b (
  id int primary key, a_id int not null references a, a_opt int references a, v int not null, n int, t text,
  kind text not null check (kind in ('x', 'y')), q numeric, w posint, checked int check (checked is not null)
);
create table c (id int primary key, b_id int, n int not null, u text, unique (b_id));
create table parted (id int not null, day int not null, note text) partition by range (day);
create table parted_1 partition of parted for values from (0) to (2);
create table parted_2 partition of parted for values from (2) to (10);
create table parent (id int not null, n int);
create table child (extra text not null) inherits (parent);

create view joined as select a.id, a.t, b.v, b.t as bt, count(*) over () as total from a left join b on b.a_id = a.id;
create view grouped as select a.k, max(b.v) as top, count(b.id) as many from a left join b on b.a_opt = a.id group by a.k;
create view guarded with (security_barrier) as select id, n from a where n is not null;
create materialized view stored as select a.id, c.n, coalesce(c.u, '-') as u from a left join c on c.id = a.id;

create function strict_null(int) returns int language plpgsql strict immutable as 'begin return nullif($1, 1); end';
create function loose(int) returns int language sql immutable as 'select coalesce($1, 7)';
create function rows_of(int) returns table (x int, y text) language sql as 'select id, u from a where k >= $1';
create function pair_of(int) returns pair language sql as 'select row($1, null)::pair where $1 > 0';
create function two(in i int, out x int, out y text) language sql as 'select i, null::text';
create function first_of(anyarray) returns anyelement language sql immutable as 'select $1[1]';
create function plus_odd(int, int) returns int language sql immutable as 'select nullif($1 + $2, 2)';
create operator +% (leftarg = int, rightarg = int, function = plus_odd);
create aggregate last_of(int) (sfunc = int4smaller, stype = int);
create function null_out() returns trigger language plpgsql as 'begin new.n := null; return new; end';
create table reset (id int primary key, n int, t text not null);
create trigger reset_n before insert or update on reset for each row execute function null_out();
`;

/** Fillings, by name. All obey the constraints. */
export const FILLINGS: Readonly<Record<string, string>> = {
  empty: "",
  sparse: `
insert into a (id, k, n, t, u, f, j, xs, ys, m, p, ts, s, r, c) values
  (1, 1, null, 'a', null, null, null, null, '{}', null, null, null, 's', null, null),
  (2, 1, 2, '', 'b', true, '{"k": null, "a": [1, null]}', '{1,null}', '{1}', 'ok', row(null, null), 'infinity', 's', 'empty', 'x'),
  (3, 2, 1, 'ab', 'ab', false, 'null', '{}', '{2,null,1}', 'sad', row(1, 'l'), '2024-05-01 12:00+00', 's', '[1,5)', 'y');
insert into b values
  (1, 1, null, 1, null, null, 'x', null, null, 1), (2, 1, 2, 2, 2, 'b', 'y', 'nan', 2, 1), (3, 2, 2, 1, 1, 'a', 'x', 1.5, 1, 2);
insert into c values (1, null, 1, null), (2, 1, 2, 'ab'), (3, 9, 1, 'b');
insert into parted values (1, 1, null), (2, 2, 'p');
insert into parent values (1, null), (2, 2);
insert into child values (3, 1, 'e');
insert into reset values (1, 5, 'r');
`,
  nulls: `
insert into a (id, k, t, ys, s) values (1, 0, 'x', '{}', ''), (4, 3, 'y', '{null}', '');
insert into b (id, a_id, v, kind, checked) values (1, 1, 0, 'x', 1), (4, 4, 3, 'y', 1);
insert into c (id, n) values (1, 0), (4, 5);
insert into parted values (1, 0, null);
insert into parent values (1, null);
insert into child values (2, null, 'e');
insert into reset values (2, 1, '');
`,
};
export const TABLES = "a, b, c, parted, parent, child, reset";
