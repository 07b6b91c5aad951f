import { join } from "node:path";
import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { expectedAnswers } from "./answers.ts";
import { source } from "./query-source.ts";

/**
 * What is proven, each beside what is one step away from it, and tried on rows with all that can be NULL: a column without a mark is
 * never NULL there, one with `?` is, so that nobody could prove it. A `~` stands where it is not proven although it is so: a limit.
 * All else that is said stands in `proven-on-data.expected.txt` (`UPDATE_EXPECTED=1` accepts what is said now).
 */
const SCHEMA = `
  create type pair as (x int, y int);
  create table t (id int primary key, a int, b int, s text, flag boolean, p pair, list int[], open boolean not null, name text not null);
  insert into t select row_number() over (), a, b, s, flag, p, list, a is null, coalesce(s, 'none')
    from unnest(array[null, 1, 2]) a, unnest(array[null, 1, 2]) b, unnest(array[null, 'a']) s, unnest(array[null, true, false]) flag,
      (values (null::pair), ('(,)'), ('(1,)'), ('(,2)'), ('(1,2)')) p (p), (values (null::int[]), ('{}'), ('{1,null}'), ('{1,2}')) l (list);
  create table o (id int primary key, t_id int, c int, nothing int);
  insert into o values (1, 1, null), (2, 1, 1), (3, null, 1), (4, 2, 2), (5, (select min(id) from t where a = 2), null), (10000, 20000, 1);
  create table empty (id int, c int);
  create table spans (id int primary key, n int, span int4range);
  insert into spans select row_number() over (), n, span from unnest(array[null, 1]) n, unnest(array[null, 'empty', '(,)', '[1,5)']::int4range[]) span;
  create function same(int, int) returns boolean immutable language sql as 'select $1 is not distinct from $2';
  create operator === (leftarg = int, rightarg = int, function = same);
  create table city (id int primary key, name text not null, note text);
  create table owner (id int primary key, city int not null references city, home int references city, name text not null unique, note text);
  create table house (id int primary key, owner int not null references owner, other int references owner, late int not null references owner deferrable,
    loose int not null, kept int not null references owner on delete cascade);
  create table shed () inherits (house);
  create table hut (id int primary key, owner int not null references owner, name text not null references owner (name), kept int not null references owner on delete cascade);
  create function keep_hut() returns trigger language plpgsql as 'begin return null; end';
  create trigger keep_hut before delete on hut for each row execute function keep_hut();
  insert into city values (1, 'a', null), (2, 'b', 'n');
  insert into owner values (1, 1, null, 'one', null), (2, 2, 1, 'two', 'n'), (3, 1, 1, 'three', null);
  insert into house values (1, 1, null, 1, 9, 2), (2, 2, 1, 2, 9, 1);
  alter table house add foreign key (loose) references owner not valid;
  insert into shed values (3, 7, 7, 7, 7, 7);
  insert into hut values (1, 1, 'one', 2), (2, 2, 'two', 3);
  delete from owner where id = 3;
`;

const CASES: readonly (readonly [rule: string, sql: string, columns: string])[] = [
  ["is null, is not null", "select a, b, s from t where a is not null and b is null", "a b? s?"],
  ["not (is null)", "select a, b, s from t where not (a is null) and not (b is not null)", "a b? s?"],
  ["is true", "select a, b from t where (a > 1) is true and (b > 1) is not true", "a b?"],
  ["is false", "select a, b from t where (a > 1) is false and (b > 1) is not false", "a b?"],
  ["is unknown", "select a, b from t where (a > 1) is not unknown and (b > 1) is unknown", "a b?"],
  [
    "not (is unknown)",
    "select a, b from t where not ((a > 1) is unknown) and not ((b > 1) is not unknown)",
    "a b?",
  ],
  ["is false of what AND joins", "select a, b from t where (a > 1 and b > 1) is false", "a? b?"],
  ["is false of what OR joins", "select a, b from t where (a > 1 or b > 1) is false", "a b"],
  [
    "is not unknown of what is joined",
    "select a, b from t where (a > 1 and b > 1) is not unknown and (a > 5 or flag) is not unknown",
    "a? b?",
  ],
  ["is not unknown of a negation", "select a, b from t where (not (a > 1)) is not unknown", "a b?"],
  ["and, or, not", "select a, b, s from t where (a > 1 and b > 1) or (a = 1 and s = 'a')", "a b? s?"],
  [
    "not of AND and OR",
    "select a, b, s from t where not (a = 1 or b = 1) and not (s = 'x' and flag)",
    "a b s?",
  ],
  ["not of an AND whose parts both need it", "select a, b from t where not (a = 1 and a < b)", "a b?"],
  ["a row that is not null", "select a, b from t where (a, b) is not null", "a b"],
  ["a row that is not of NULLs", "select a, b from t where not ((a, b) is null)", "a? b?"],
  ["a row that is made JSON of", "select a, b from t where to_jsonb(row (a, b)) is not null", "a? b?"],
  ["a composite that is not of NULLs", "select p, (p).x as x from t where not (p is null)", "p x?"],
  ["a composite that is not null", "select p, (p).x as x, (p).y as y from t where p is not null", "p x~ y~"],
  ["a composite that is null", "select p from t where p is null", "p?"],
  [
    "the row of an outer join",
    "select o.id, o.c from t left join o on o.t_id = t.id where not (o is null)",
    "id c?",
  ],
  [
    "the row of an outer join that is null",
    "select o.id from t left join o on o.t_id = t.id where o is null",
    "id?",
  ],
  [
    "in a subquery",
    "select a, b from t where a in (select c from o) and b not in (select c from empty)",
    "a b?",
  ],
  [
    "all of a subquery",
    "select a, b from t where a > all (select c from empty) and b = any (select c from o)",
    "a? b",
  ],
  ["exists", "select a from t where exists (select from o where o.c = 1)", "a?"],
  ["any of an array", "select a, b from t where a = any (array[1, 2]) and b = all (array[]::int[])", "a b?"],
  ["any of an array that may be NULL", "select a, list from t where a = any (list)", "a list"],
  ["all of an array that may be NULL", "select a, list from t where a = all (list)", "a? list"],
  ["not any of an array", "select a, b from t where not (a = any (array[3, 4]))", "a b?"],
  ["not any of an empty array", "select a from t where not (a = any (array[]::int[]))", "a?"],
  ["not any of a matrix of nothing", "select a from t where not (a = any (array[array[]::int[]]))", "a?"],
  ["not any of an array that may be NULL", "select a, list from t where not (a = any (list))", "a? list"],
  ["any by an operator that finds NULL", "select a from t where a === any (array[null, 2])", "a?"],
  ["an operator that finds NULL", "select a, b from t where a === b", "a? b?"],
  ["coalesce(x, false)", "select a, b from t where coalesce(a = 1, false) and coalesce(b = 1, true)", "a b?"],
  ["coalesce of several", "select a, flag from t where coalesce(a = 1, flag, false)", "a? flag?"],
  ["coalesce(x, false, false)", "select a from t where coalesce(a = 1, false, false)", "a"],
  [
    "coalesce that is compared",
    "select a, b from t where coalesce(a, b) = 1 and coalesce(s, s || 'x') = 'a'",
    "a? b?",
  ],
  ["what each part of a coalesce needs", "select a, b from t where coalesce(a + b, a * 2) > 0", "a b?"],
  [
    "greatest and least",
    "select a, b, s from t where greatest(a, b) > 0 and least(s, s || 'x') = 'a'",
    "a? b? s",
  ],
  [
    "is not distinct from",
    "select a, b, s from t where a is not distinct from b and s is not distinct from name",
    "a? b? s",
  ],
  [
    "is not distinct from, turned",
    "select s, a from t where name is not distinct from s and a is distinct from 5",
    "s a?",
  ],
  [
    "is not distinct from a constant",
    "select a, b from t where a is not distinct from 1 and b is not distinct from null",
    "a b?",
  ],
  ["a case", "select a from t where case when a = 1 then true else open end", "a?"],
  ["an element of a range", "select n, span from spans where n <@ span", "n~ span"],
  ["a range that contains an element", "select n, span from spans where span @> n", "n~ span"],
  // These are decided before a row is read.
  ["an element of everything", "select n from spans where n <@ '(,)'::int4range", "n?"],
  ["everything that contains an element", "select n from spans where '(,)'::int4range @> n", "n?"],
  ["a range within a range", "select n, span from spans where span <@ '[1,9)'::int4range", "n? span"],
  [
    "casts",
    "select a, b, s from t where a::text = '1' and b::bigint::numeric > 0 and s::varchar(3) collate \"C\" = 'a'",
    "a b s",
  ],
  ["a cast of an array", "select list from t where list::bigint[] = '{1,2}'", "list"],
  ["a named argument", "select a from t where make_interval(days => a) > '1 hour'", "a"],
  ["a function of a composite's field", "select p from t where (p).x > 0", "p~"],
  ["an element of an array", "select list, a from t where list[a] > 0", "list~ a~"],
  [
    "a condition on the row around",
    "select array(select o.t_id from o where t.b > 1) as of_o, array(select o.c from o where o.t_id > 0) as of_own from t",
    "of_o of_own",
  ],
  [
    "the same expression",
    "select nullif(a, 1) as x, nullif(b, 1) as y, nullif(a, 2) as z from t where nullif(a, 1) > 0",
    "x y? z?",
  ],
  [
    "the same expression in a grouping set",
    "select nullif(a, 1) as x, count(*) as n from t where nullif(a, 1) > 0 group by rollup (nullif(a, 1))",
    "x? n",
  ],
  [
    "the same expression in RETURNING",
    "update t set a = null where nullif(a, 1) > 0 returning nullif(a, 1) as x",
    "x?",
  ],
  [
    "the same expression in a CASE",
    "select case when nullif(a, 1) > 0 then nullif(a, 1) else 0 end as x, case when nullif(a, 1) > 0 then 0 else nullif(a, 1) end as y from t",
    "x y?",
  ],
  [
    "the other branch of a condition that is never NULL",
    "select case when a is null then 0 else a end as x, case when a > 1 then 0 else a end as y, case when not open then a else 1 end as z from t",
    "x y? z~",
  ],
  [
    "ON of a left join says nothing of the left side",
    "select t.a, t.b from t left join o on o.t_id = t.id and t.a > 0",
    "a? b?",
  ],
  [
    "ON of a right join says nothing of the right side",
    "select t.a from o right join t on o.t_id = t.id and t.a > 0",
    "a?",
  ],
  [
    "a CASE that compares with NULL",
    "select case when true = open then 1 when null = open then 2 end as x, case when open = true then 1 when open = null then 2 end as y, case when true = open then 1 when false = open then 2 end as z from t",
    "x? y? z",
  ],
  [
    "a CASE of conditions",
    "select case when a = 1 then 1 when a <> 1 then 2 end as x, case when id = 1 then 1 when id <> 1 then 2 end as y, case when id = 1 then 1 when not id = 1 then 2 end as z, case when a is null then 1 when a is not null then 2 end as v, case when id = 1 then 1 when id <> 2 then 2 end as w, case when a is null then 1 when b is not null then 2 end as u from t",
    "x? y z v w? u?",
  ],
  [
    "a CASE of what is another each time",
    "select case when random() > 0.5 then 1 when not random() > 0.5 then 2 end as x from t",
    "x?",
  ],
  [
    "a CASE of rows",
    "select case when p is null then 1 when p is not null then 2 end as x, case when open then 1 when not open then 2 end as y, case when flag then 1 when not flag then 2 end as z from t",
    "x? y z?",
  ],
  [
    "JSON that is given as text",
    "select json_object('a': a returning text) as x, json_array(a, b returning text) as y, json_object('a': a) as z from t",
    "x y z",
  ],
  [
    "elements of JSON",
    "select (json_build_object('a', a) -> 'a')::text as x, json_build_object('a', name) ->> 'a' as y, json_build_object('a', a) ->> 'a' as z, (jsonb_build_object('a', id))['a'] as v, (jsonb_build_object('a', id))['b'] as w, list[1:2] as l from t",
    "x y z? v w? l?",
  ],
  [
    "columns of functions in FROM",
    "select e.key, e.value, w, u from t, json_each_text(json_build_object('a', a)) e, regexp_split_to_table(s, 'x') w, unnest(list) u",
    "key value? w u?",
  ],
  [
    "functions in FROM beside one another",
    "select x, y from rows from (generate_series(1, 2), generate_series(1, 3)) r (x, y)",
    "x? y~",
  ],
  ["a row of a function in FROM", "select x, y from t, unnest(array[t.p]) r (x, y)", "x? y?"],
  ["a set that NULL makes none", "select a, g from t, generate_series(1, a) g", "a~ g"],
  ["a value in FROM", "select v, w, d from t, abs(t.a) v, abs(t.id) w, coalesce(t.b, 1) d", "v? w d"],
  ["a condition in HAVING", "select a, max(b) as m from t group by a having a > 0 and max(b) > 0", "a m"],
  [
    "a side of a full join",
    "select t.a, o.c from t full join o on o.t_id = t.id where t.name > '' and o.c > 0",
    "a? c",
  ],
  [
    "a join's column that is not NULL",
    "select j.c, j.t_id, j.id from (t left join o using (id)) j where j.c > 0",
    "c t_id? id",
  ],
  ["ON of a join", "select t.a, o.c from t join o on o.t_id = t.id and t.a > 0 and o.c is null", "a c?"],
  [
    "a subquery by a foreign key",
    "select (select o.name from owner o where o.id = h.owner) as a, (select o.note from owner o where o.id = h.owner) as b, (select o.name from owner o where h.other = o.id) as c, (select o.name from owner o where h.owner = o.id order by o.name limit 1) as d from only house h",
    "a~ b? c? d~",
  ],
  [
    "a subquery by a foreign key of a table without children",
    "select (select o.name from owner o where o.id = h.owner) as a, (select o.note from owner o where o.id = h.owner) as b, (select o.id from owner o where o.name = h.name) as c, (select distinct o.name from owner o where h.owner = o.id order by o.name limit 1) as d from hut h",
    "a b? c d",
  ],
  [
    "a subquery by a foreign key that children do not have",
    "select (select o.name from owner o where o.id = h.owner) as a from house h",
    "a?",
  ],
  [
    "a subquery by no foreign key, or another",
    "select (select o.name from owner o where o.id = h.id + 1) as a, (select o.name from owner o where o.id = h.owner and o.id = h.id + 1) as b, (select c.name from city c where c.id = h.kept) as c, (select o.name from owner o where o.id > h.owner) as d, (select o.name from owner o where o.id = h.owner offset 1) as e, (select o.name from owner o where o.name = h.name and o.id = h.owner) as f, (select o.name from owner o where o.id = 5) as g from hut h",
    "a? b? c? d? e? f~ g?",
  ],
  [
    "a subquery by a foreign key that a trigger does not obey",
    "select (select o.name from owner o where o.id = h.kept) as a from hut h",
    "a?",
  ],
  [
    "a subquery by a foreign key of a column that WHERE proves, or CASE",
    "select (select c.name from city c where c.id = o.home) as a from owner o where o.home > 0",
    "a",
  ],
  [
    "a subquery by a foreign key of a column that CASE proves",
    "select case when o.home is not null then (select c.name from city c where c.id = o.home) else '' end as a, case when o.home is null then (select c.name from city c where c.id = o.home) else '' end as b from owner o",
    "a b?",
  ],
  [
    "a subquery by two foreign keys",
    "select (select c.name from owner o join city c on c.id = o.city where o.id = h.owner) as a, (select c.name from owner o, city c where o.city = c.id and h.owner = o.id) as b, (select c.name from owner o left join city c on c.id = o.home where o.id = h.owner) as c, (select c.name from owner o join city c on c.id = o.home where o.id = h.owner) as d, (select (select c.name from city c where c.id = o.city) from owner o where o.id = h.owner) as e, (select (select c.name from city c where c.id = o.home) from owner o where o.id = h.owner) as f, (select c.name from owner o join city c on c.id = o.city where o.id = h.owner and c.name > 'a') as g, (select o.name from owner o left join city c on c.id = o.home where o.id = h.owner) as i from hut h",
    "a b c? d? e f? g? i",
  ],
  [
    "a subquery by a foreign key of what an outer join may not find",
    "select (select o.name from owner o where o.id = h.owner) as a, (select o.name from owner o where o.id = r.owner) as b from city c left join hut h on h.id = c.id + 1 left join hut r on r.id = h.id where h.id is null or c.id > 0",
    "a? b?",
  ],
  [
    "a lateral subquery by a foreign key",
    "select l.name, m.name as other from hut h left join lateral (select o.name from owner o where o.id = h.owner) l on true left join lateral (select o.name from owner o where o.id = h.owner and o.note is not null) m on true",
    "name other?",
  ],
  [
    "a join within a subquery by a foreign key of the row around it",
    "select array(select o.name from (values (1)) v left join owner o on o.id = h.owner) as a, (select o.name from (values (1)) v (x) left join owner o on o.id = h.owner) as b, (select o.name from (values (1)) v (x) left join owner o on o.id = h.id + 1) as c from hut h",
    "a b c?",
  ],
  [
    "a subquery by a foreign key of what is grouped, and of what a join calls otherwise",
    "select h.owner, (select o.name from owner o where o.id = h.owner) as a, (select c.name from city c where c.id = o.home) as b from hut h join owner o on o.id = h.owner group by h.owner, o.home",
    "owner a b?",
  ],
  [
    "a subquery by a foreign key of what grouping sets leave out",
    "select (select o.name from owner o where o.id = h.owner) as a from hut h group by rollup (h.owner)",
    "a?",
  ],
  [
    "a subquery by a foreign key and USING",
    "select (select o.name from owner o where o.id = owner) as a, (select o.name from owner o where o.id = kept) as b from hut h join (values (1)) v (owner) using (owner) left join (values (5)) w (kept) using (kept)",
    "a b~",
  ],
  [
    "an aggregate of what a foreign key makes sure of",
    "select (select max(o.name) from owner o where o.id = h.owner) as a, (select max(o.note) from owner o where o.id = h.owner) as b, (select array_agg(o.note) from owner o where o.id = h.owner) as c, (select max(o.name) from owner o where o.id = h.id + 1) as d, (select max(x) from (values (1)) v (x)) as e, (select max(c.name) from owner o join city c on c.id = o.home where o.id = h.owner) as f from hut h",
    "a b? c d? e f?",
  ],
  [
    "a subquery by a foreign key under a lock, and in RETURNING",
    "select (select o.name from owner o where o.id = h.owner) as a from hut h for update",
    "a~",
  ],
  [
    "a count that is compared",
    "select a, min(b) as l, sum(b) as h, max(s) as s, array_agg(b) as r from t group by a, b is null having count(b) > 0",
    "a? l h s~ r",
  ],
  ...[
    "count(b) >= 1",
    "0 < count(b)",
    "1 <= count(b)",
    "count(b) <> 0",
    "count(b) = 240",
    "not (count(b) = 0)",
    "not (count(b) < 1)",
    "count(distinct b) > 0",
    "count(b + id) > 0",
    "count(*) filter (where b > 0) > 0",
    "count(b) filter (where a > 0) > 0",
    "sum(b) > 0",
    "min(b) is not null and count(*) > 5",
    "bool_or(b > 0)",
  ].map(
    (having) =>
      [
        `a count, ${having}`,
        `select max(b) as b, max(a) as a from t group by b is null, a having ${having}`,
        /a > 0/.test(having) ? "b a" : "b a?",
      ] as const,
  ),
  ...[
    "count(b) > -1",
    "count(b) >= 0",
    "count(b) < 500",
    "count(b) <> 5",
    "count(b) = 0",
    "count(b) > 0 or a = 1",
    "count(*) > 0",
    "count(s) > 0",
    "not (count(b) > 0)",
    "count(b is null) > 0",
    "count(coalesce(b, a)) > 0",
    "array_agg(b) is not null",
    "0 <= count(b)",
    "count(b) > count(a) - 1000",
  ].map(
    (having) =>
      [
        `a count that says nothing, ${having}`,
        `select max(b) as b from t group by b is null, a having ${having}`,
        "b?",
      ] as const,
  ),
  [
    "a count of what FILTER lets pass",
    "select max(b) as a, max(b) filter (where flag) as b, max(b) filter (where s = 'a') as c from t group by b is null, a, s having count(b) filter (where flag) > 0",
    "a b c?",
  ],
  [
    "a count of all, and aggregates with FILTER",
    "select max(b) filter (where id < 0) as a, array_agg(b) filter (where id < 0) as b from t group by b is null having count(b) > 0",
    "a? b?",
  ],
  [
    "a count without groups",
    "select max(id) as m, array_agg(b) as l, max(b) as b from t where a is null and id > @least having count(*) > 0".replace(
      "@least",
      "0",
    ),
    "m l b~",
  ],
  ["no count without groups", "select max(id) as m, array_agg(b) as l from t where id < 0", "m? l?"],
  [
    "a count in CASE",
    "select case when count(b) > 0 then max(b) else 0 end as a, case when count(b) = 0 then 0 else max(b) end as b, case when count(b) = 0 then max(b) else 0 end as c, case when count(s) > 0 then max(b) else 0 end as d from t group by b is null, a",
    "a b c? d?",
  ],
  [
    "a count and aggregates of one value",
    "select percentile_cont(0.5) within group (order by b) as a, percentile_cont(null::float8) within group (order by b) as b, mode() within group (order by b) as c, string_agg(b::text, null) as d, string_agg('x', b::text) as e from t group by b is null having count(b) > 0",
    "a b? c d e",
  ],
  [
    "a limit: a count of grouping sets",
    "select max(b) as b from t group by grouping sets ((a), ()) having count(b) > 0",
    "b~",
  ],
];

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(SCHEMA);
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
const answers = expectedAnswers(join(import.meta.dirname, "proven-on-data.expected.txt"));
afterAll(async () => {
  answers.close();
  await engine.close();
});

test.each(CASES)("%s", async (_, sql, expected) => {
  const result = await analyzeQuery(source(sql), engine, catalog);
  if (!("query" in result)) throw new Error(`${result.diagnostics[0]?.message}\n${sql}`);
  const rows = await engine.attempt(sql);
  const columns = result.query.columns.map(({ name, nullable }) => {
    const isNull = rows.some((row) => row[name] === null);
    if (isNull && !nullable) return `${name} is NULL`;
    return name + (nullable ? (isNull ? "?" : "~") : "");
  });
  expect(columns.join(" ")).toBe(expected);
  const { said, expected: all } = answers.of(sql, result.query);
  expect(said).toBe(all);
});
