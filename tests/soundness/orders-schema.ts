/** A second schema, nearer to an application's: orders, their lines and customers, with columns of most types. */
export const SCHEMA = `
create type size as enum ('s', 'm', 'l');
create type addr as (street text, no int);
create domain nn_int as int not null;
create domain code as text check (value in ('p', 'q'));
create table o (id int primary key, cust int, no int not null, total numeric, paid boolean, at timestamptz, day date, note text,
  sz size, ad addr, tags text[], nums int[] not null, doc jsonb not null, cash money, span daterange, iv interval, bits bit(3), x xml, tv tsvector, must nn_int, cd code,
  u uuid, tm time, bx box, ip inet, mr int4multirange, f8 float8 not null default 0,
  unique (cust, no));
create table l (id int primary key, o_id int not null references o, qty int not null, price numeric, sku text, opt text, kind text not null check (kind in ('a','b')));
create table cu (id int primary key, name text not null, ref int, city text, vip boolean not null);
create table ev (id int not null, at timestamptz not null, what text, n int) partition by range (id);
create table ev1 partition of ev for values from (minvalue) to (3);
create table ev2 partition of ev default;
create table base (id int primary key, n int not null, s text);
create table derived (more text not null) inherits (base);
create table gen (id int primary key, a int not null, b int, ab int generated always as (a + b) stored, aa int generated always as (a * 2) stored, co text generated always as (coalesce(b::text, '-')) stored);
create table tree (id int primary key, up int references tree, name text not null);
create table ident (id int generated always as identity primary key, t text, n int not null default 1);
create table locked (id int primary key, v text not null, w text);
alter table locked enable row level security;
create policy p on locked using (w is not null);
create table ruled (id int primary key, v text not null);
create rule r as on insert to ruled do also insert into ident (t) values ('r');
create view v_left as select o.id, o.no, cu.name, cu.id as cid from o left join cu on cu.id = o.cust;
create view v_left2 as select v.id, v.name, l.qty, l.kind from v_left v left join l on l.o_id = v.id;
create view v_upd as select id, n, s from base where s is not null;
create view v_union as select id, name from cu union all select id, note from o;
create view v_agg as select cust, sum(total) as s, count(*) as c, array_agg(no) as nos from o group by cust;
create view v_full as select id, o.no, cu.name from o full join cu using (id);
create function f_tab() returns table (a int, b text) language sql as 'select id, name from cu';
create function f_set() returns setof cu language sql as 'select * from cu';
create function f_setint() returns setof int language sql as 'select cust from o';
create function f_nn() returns setof nn_int language sql as 'select 1';
create function f_out(out x int, out y text) language sql as 'select 1, null::text';
create function f_cu(int) returns cu language sql as 'select * from cu where id = $1';
create function f_var(variadic int[]) returns int language sql as 'select max(v) from unnest($1) v';
create function f_strict(int) returns int language sql strict as 'select $1 where $1 > 1';
create function f_poly(anyelement) returns anyelement language sql as 'select nullif($1, $1)';
create function f_polyarr(anyelement) returns anyarray language sql as 'select array[$1, null]';
create function f_rec() returns record language sql as 'select 1, null::text';
create function f_setrec() returns setof record language sql as 'select id, city from cu';
create function f_default(a int default null) returns int language sql as 'select a';
create procedure p_in(inout a int) language plpgsql as 'begin a := null; end';
`;

/** Fillings, by name. All obey the constraints. */
export const FILLINGS: Readonly<Record<string, string>> = {
  empty: "",
  mixed: `
insert into cu values (1, 'ann', null, null, true), (2, 'bob', 1, 'rome', false), (3, '', 9, '', true), (7, 'lone', null, null, false);
insert into o (id, cust, no, nums, doc, must) values (1, 1, 1, '{}', '{}', 1), (2, null, 2, '{null}', 'null', 1), (6, 44, 9, '{1,null}', '[]', 0);
insert into o values (3, 2, 1, 1.5, true, 'infinity', 'infinity', 'n', 's', row(null, null), '{a,null}', '{1,2}', '{"a": null, "b": [1, null], "c": {"d": 1}}', 5, 'empty', '1 day', b'101', '<a/>', 'a:1 b', 2, 'p', gen_random_uuid(), '10:00', '(1,1),(0,0)', '10.0.0.1', '{}', 'nan'),
 (4, 2, 2, 'nan', false, '2024-01-01', '2024-01-01', '', 'l', row('x', 1), '{}', '{3}', '[1, null, "x"]', 0, '[2024-01-01,)', '0', b'000', '<b>1</b>', '', 3, 'q', gen_random_uuid(), '00:00', '(2,2),(1,1)', '::1', '{[1,2),(,0)}', 'infinity'),
 (5, 3, 5, 0, null, '-infinity', null, ' ', 'm', null, null, '{{1,2},{3,null}}', '"s"', null, '(,)', null, null, null, null, 5, null, null, null, null, null, '{(,)}', 1);
insert into l values (1, 1, 1, null, null, null, 'a'), (2, 1, 2, 2, 'k', 'z', 'b'), (3, 3, 0, 1, 'k', null, 'a'), (5, 5, 5, null, 'q', 'q', 'b');
insert into ev values (1, now(), null, null), (2, 'infinity', 'w', 1), (5, '-infinity', null, 2);
insert into base values (1, 1, null), (2, 2, 's'); insert into derived values (3, 3, null, 'm'), (1, 1, 'x', 'm');
insert into gen values (1, 1, null), (2, 2, 2); insert into tree values (1, null, 'r'), (2, 1, 'a'), (3, 2, 'b'), (4, null, 'z');
insert into ident (t) values (null), ('t'); insert into locked values (1, 'v', null), (2, 'w', 'w'); insert into ruled values (1, 'r');
`,
  lonely: `
insert into o (id, no, nums, doc, must) values (1, 0, '{}', '{}', 0), (9, 1, '{null,null}', '{"a":1}', 7);
insert into cu values (2, 'x', null, null, false), (4, 'y', 4, null, true);
insert into l values (9, 9, 3, null, null, null, 'b');
insert into ev values (9, 'infinity', null, null);
insert into base values (5, 0, null); insert into derived values (6, 6, null, '');
insert into gen values (3, 0, null); insert into tree values (7, 7, 'self');
`,
};
