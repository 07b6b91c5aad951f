/**
 * A third schema: functions, operators and aggregates of the project's own, triggers and rules that change what RETURNING
 * gives, inheritance and partitions, composites and domains over them.
 */
export const SCHEMA = `
create table e (id int primary key, t text, tn text not null, c text, cn text not null, f8 float8, f8n float8 not null);
create type comp as (a int, b text, f float8);
create domain dcomp as comp check ((value).a > 0);
create domain nncomp as comp not null;
create type nest as (c comp, cs comp[], n numeric, h text);
create table w (id int primary key, c comp, cn comp not null, cs comp[], d dcomp, nn nncomp, n nest, ns nest[]);
create type en as enum ('x','y');
create table drops (a int, z int, b text not null, f float8); alter table drops drop column z;
create table par (id int, n int not null, s text not null);
create table chi (extra float8) inherits (par);
create table gen (id int primary key, a int, b int generated always as (a + 1) stored, c int generated always as (coalesce(a, 0)) stored, f float8 generated always as ('nan'::float8) stored not null);
create table vb (id int primary key, n int not null, s text);
create view vu as select id, n, s from vb where s is not null with check option;
create view vi as select id, n, 'k'::text as k from vb;
create function vif() returns trigger language plpgsql as $$ begin if tg_op = 'DELETE' then old.n := null; return old; end if; new.n := null; new.k := null; new.id := null; return new; end $$;
create trigger vit instead of insert or update or delete on vi for each row execute function vif();
create view vr as select id, n from vb;
create rule vri as on insert to vr do instead insert into vb values (new.id, new.n, null) returning null::int, null::int;
create rule vru as on update to vr do instead update vb set n = new.n where id = old.id returning null::int, null::int;
create rule vrd as on delete to vr do instead delete from vb where id = old.id returning null::int, null::int;
create table tr (id int primary key, n int, s text not null);
create function trf() returns trigger language plpgsql as $$ begin new.n := null; return new; end $$;
create trigger trt before insert or update on tr for each row execute function trf();
create function s_strict(int) returns int language sql strict as 'select null::int';
create function s_lax(int) returns int language sql as 'select coalesce($1, 1)';
create function p_tab(k int default null) returns table (a int, b text) language plpgsql as $$ begin return query select null::int, null::text; return query select 1, 'x'; end $$;
create function f_set() returns setof w language sql as 'select w from w union all select null::w';
create function f_one(int) returns w language sql as 'select * from w where id = $1';
create function f_out(out x int, out y comp) language sql as 'select 1, null::comp';
create function f_var(variadic int[]) returns int language sql as 'select max(v) from unnest($1) v';
create function f_poly(anyelement) returns anyelement language sql as 'select nullif($1, $1)';
create function f_polyset(anyarray) returns setof anyelement language sql as 'select unnest($1)';
create function f_compset() returns setof comp language sql as 'select null::comp union all select row(1, null, ''nan'')::comp';
create function f_dom() returns dcomp language sql as 'select null::dcomp';
create function f_true(int) returns boolean language sql as 'select true';
create function f_trues(int) returns boolean language sql strict as 'select true';
create function op_lax(int, int) returns boolean language sql as 'select true';
create operator === (leftarg = int, rightarg = int, function = op_lax);
create function sfs(int, int) returns int language sql strict as 'select null::int';
create aggregate agg_strict(int) (sfunc = sfs, stype = int);
create function sfl(int, int) returns int language sql as 'select null::int';
create procedure pr(inout a int, inout b text) language plpgsql as 'begin a := null; b := null; end';

create function zero(int) returns bigint language sql immutable as 'select 0::bigint';
create domain da as int[] check (cardinality(value) < 9);
create type frange as range (subtype = float8);
create type trange as range (subtype = text);
create type z as ();
create type deep as (a comp[], r int4range, rs trange[], b boolean, h text, d da, j jsonb, big int8, "odd ""name" numeric, by bytea);
create domain dj as jsonb not null;
create domain nnd as int not null;
create table odd (id int primary key, da da, das da[], fl frange, tr trange, z z, deep deep, dj2 dj, en en, ens en[] not null, nnj nnd, ov oidvector, chs "char"[], nms name[], bxs box[], bts bit(3)[], nnc nncomp);
create table chk (id int, n int, s text, check (n is not null) no inherit, check (s is not null) not valid);
create table chk2 () inherits (chk);
create table pt (k int not null, n int not null, m text default 'd') partition by list (k);
create table pt2 (m text, x int, n int not null, k int not null); alter table pt2 drop column x;
alter table pt attach partition pt2 for values in (2);
create table pt1 partition of pt (n not null) for values in (1);
create function ptf() returns trigger language plpgsql as $$ begin new.m := null; return new; end $$;
create trigger ptt before insert or update on pt for each row execute function ptf();
create table mv (k int not null, note text, kept text) partition by list (k);
create table mv1 partition of mv for values in (1); create table mv2 partition of mv for values in (2);
create function mvf() returns trigger language plpgsql as $$ begin new.note := null; return new; end $$;
create trigger mvt before insert on mv2 for each row execute function mvf();
create table fixed (id int primary key, pt point, bx box, nm name, xs int[], js jsonb, ar int[] not null, pn point not null);
create function ft1() returns setof time language sql as $$ select t from (values ('infinity'::timestamptz), (now())) v (t) $$;
create function ft2() returns timetz language plpgsql as $$ begin return 'infinity'::timestamptz; end $$;
create function ft3() returns date language sql as $$ select 'infinity'::timestamptz $$;
create view vu2 as select id, n, s from vb where n > 0;
create view vn as select w.id, s_strict(w.id) as n, coalesce((c).a, 1) as nn, (select x.id from vb x limit 1) as y, (select 2 limit 0.2) as z from w;
create materialized view gv as select id, n, (c).a from w;
create table rg (id int, rng frange not null);
create function f2(int, int) returns int language sql as 'select null::int';
create aggregate agg_init(int) (sfunc = f2, stype = int, initcond = '5');
create function array_append_(anyarray, anyelement) returns anyarray language sql as 'select $1'; create aggregate agg_poly(anyelement) (sfunc = array_append_, stype = anyarray);
create function ord_f(int, int) returns int language sql strict as 'select $1 + $2';
create aggregate agg_ord(int) (sfunc = ord_f, stype = int);
create function vd(variadic v int[] default '{}') returns int language sql as 'select null::int';
create function dflt(a int default null, b int default 2) returns int language sql as 'select a';
create function po(anyelement, anyelement) returns anyarray language sql as 'select array[$1, $2]';
create function po2(anycompatible, anycompatible) returns anycompatible language sql as 'select $1';
create function nnd(int) returns nnd language sql as 'select $1::nnd';
create function outs(inout x int, out y text, out z comp) language plpgsql as $$ begin y := null; x := null; end $$;
create function tf(int) returns table (p int, q nnd) language sql as 'select null::int, 1::nnd';
create function eqn(int, text) returns boolean language sql as 'select null::boolean';
create operator = (leftarg = int, rightarg = text, function = eqn);
`;

/** Fillings, by name. All obey the constraints. */
export const FILLINGS: Readonly<Record<string, string>> = {
  empty: "",
  mixed: `
insert into e values (1, null, '', null, 'A', 'nan', 'nan'), (2, 'tt', 'u', 'x', '', 1, '-infinity');
insert into w values (1, null, row(null,null,null), null, null, row(1,null,null), null, null), (2, row(1,'a','nan'), row(null,'"\\,',null), array[row(1,null,'infinity')::comp, null], row(1,null,null), row(null,null,null), row(row(1,null,'nan'), array[row(null,null,null)::comp], 'nan', 'a=>1'), array[row(null, '{}', 1, null)::nest, null]);
insert into drops values (1, 'b', 'nan'), (null, '', null); insert into par values (1, 1, 's'); insert into chi values (2, 2, '', 'nan');
insert into mv values (1, 'a', 'b'), (2, 'b', 'c'); insert into fixed (id, ar, pn) values (1, '{}', '(0,0)'); insert into fixed values (2, '(1,1)', '(NaN,NaN),(0,0)', 'x', '{1}', '{}', '{1}', '(1,1)');
insert into gen (id, a) values (1, null), (2, 2); insert into vb values (1, 1, null), (2, 2, 's'); insert into tr values (1, 1, 's');

insert into odd values (1, '{1,null}', '{"{1,2}","{3}",NULL}', '[1.5,infinity)', '["a ,""q",]', row(), row(array[row(1,'x"y\\z','nan')::comp, null], '[1,2)', array['[a,b)'::trange, null], true, 'a=>"q \\" x"', '{1,2}', '{"a": [1]}', 12, 'nan', '\\x00ff'), 'null', 'x', '{x,NULL}', 1, '1 2', '{a,NULL}', '{n}', '{(1,1),(0,0);(2,2),(1,1)}', '{101,NULL}', row(1,null,null)),
 (2, null, null, null, null, null, null, '[]', null, '{}', 0, null, null, null, null, null, row(null,null,null)), (3, '{}', '{}', 'empty', 'empty', row(), row(null,null,null,null,null,null,null,null,null,null), '{"x": null}', 'y', '{y}', 3, '', '{}', '{}', '{}', '{}', row(2,'','infinity'));
insert into chk (id, n, s) values (1, 1, 's'); insert into chk2 values (2, null, 's');
insert into pt values (1, 1, 'x'), (2, 2, 'y'); insert into rg values (1, '[nan,nan]'), (2, 'empty'), (3, '(,)');
`,
};
