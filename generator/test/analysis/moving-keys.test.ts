import { isOfTheMoment, takesTodaysOffset } from "../../src/infer/moving-functions.ts";
import type { RawFunction } from "../../src/postgres/catalog-objects.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import type { Engine } from "../../src/postgres/engine.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { sliceToRun } from "../long-form.ts";
import { rowsWrittenIn } from "../touched.ts";
import { type Analysed, analysed as analysedOn } from "./analysed.ts";

// Pages begin behind a row by what its keys were, so that no key may be another one on the next page.

const SCHEMA = `
  create table t (id int primary key, a int, c text not null, at timestamptz not null, f float8 not null, n numeric not null, j jsonb not null);
  create table u (id int primary key, t_id int not null references t, x int not null, note text not null, f float8 not null, until timestamptz not null);
  create view by_chance as select id, random() as r, a from t;
  create view aged as select t.id, b.r, t.at, now() - t.at as age from t join by_chance b on b.id = t.id;
  create view summed as select t.id, count(u.id) as n, sum(u.f) as f, sum(u.x) as x from t left join u on u.t_id = t.id group by t.id;
  create view since as select t.id, count(u.id) as n from t left join u on u.t_id = t.id and u.until > now() group by t.id;
  create materialized view kept as select id, random() as r from t;
  create unique index on kept (id);
  create function plain(t) returns int language sql as 'select $1.a + 1';
  create function through(t) returns int language sql stable as 'select plain($1)';
  create function older(t) returns interval language sql stable as 'select now() - $1.at';
  create function through_older(t) returns text language sql stable as 'select older($1)::text';
  create function stored(t) returns bigint language sql stable as 'select count(*) from u where t_id = $1.id';
  create function stored_anyhow(t) returns bigint language sql as 'select count(*) from u where t_id = $1.id';
  create function counted(t) returns int language sql as 'update u set x = x + 1 where t_id = $1.id returning x';
  create function said(t) returns int language plpgsql immutable as 'begin return 1; end';
  create function unsaid(t) returns int language plpgsql stable as 'declare n timestamptz := now(); begin return extract(minute from n)::int; end';
  create function recent(t) returns boolean language sql stable as $$ select $1.at > 'today'::timestamptz $$;
  create operator ### (function = unsaid, rightarg = t);
  create function foreign_clock(text) returns int language internal stable as 'textlen';
  create function unaccent(text) returns text language internal stable as 'lower';
  create function read_date(text) returns date language sql immutable as 'select $1::date';
  create domain due as date;
  create domain loose as text;
  create type span as (since date, n int);
  create view read_at as select id, c::date as at from t;
  create function stated(t) returns int language plpgsql stable as 'begin return $1.a; end';
  create view dated as select id, a, at > '2020-01-01'::timestamptz as late, now() - at as age from t;
  create materialized view kept_recent as select id from t where at < now();
  create function show_limit(text) returns text language internal as 'lower';
  create function isn_weak(t) returns int language plpgsql stable as 'begin return $1.a; end';
  create function series(t) returns bigint language sql as 'select count(*) from generate_series(1, $1.a)';
  create table w (id int primary key, day date not null, opens timetz not null, closes time not null, note text);
  create type hours as (opens timetz, days int);
  create domain opening as timetz;
  create type openings as range (subtype = timetz);
  create view opened as select id, opens < '10:00'::timetz as early, jsonb_path_query_first_tz('{}', '$.at.time_tz()') as at from w;
  create function age(interval) returns int language sql immutable as 'select 1';
  create function last_of(text, text) returns text language sql immutable as 'select $2';
  create aggregate every(text) (sfunc = last_of, stype = text);
  create aggregate sum(text) (sfunc = last_of, stype = text);
`;

let engine: EmbeddedEngine;
let reader: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(SCHEMA);
  reader = catalogReader(engine);
  await reader.prefetch();
});
afterAll(() => engine?.close());

const analysed = (text: string, on: Engine = engine): Promise<Analysed> => analysedOn(text, on, reader);

const LAST = "(select u.until from u where u.t_id = t.id order by u.id limit 1)";

/** What moves, as it stands in the message; where the statement says so; and the statement. */
const MOVING: readonly (readonly [subject: string, at: string, sql: string])[] = [
  ["random()", "random()", "select id from t order by random(), id limit @n"],
  ["random()", "r", "select id, random() as r from t order by r, id limit @n"],
  ["random()", "2", "select id, random() from t order by 2 desc, id limit @n"],
  [
    "gen_random_uuid()",
    "gen_random_uuid()",
    "select id from t order by a, gen_random_uuid() desc, id limit @n",
  ],
  [
    "clock_timestamp()",
    "clock_timestamp() - at",
    "select id from t order by clock_timestamp() - at, id limit @n",
  ],
  ["random()", "s.r", "select s.id from (select id, random() as r from t) s order by s.r, s.id limit @n"],
  [
    "random()",
    "s.r",
    "with s as (select id, random() as r from t) select s.id from s order by s.r nulls first, s.id limit @n",
  ],
  ["random()", "r", "select t.id from t cross join random() as r order by r, t.id limit @n"],
  [
    "random()",
    "r",
    "select t.id from t cross join lateral (values (random())) as v (r) order by r, t.id limit @n",
  ],
  ["random()", "r", "select id from by_chance order by r, id limit @n"],
  ["random()", "a.r", "select a.id from aged a order by a.r, a.id limit @n"],
  ["now()", "age", "select id from aged order by age, id limit @n"],
  [
    "now()",
    "b.age",
    "select t.id from t left join aged b using (id) order by b.age nulls last, t.id limit @n",
  ],
  ["now()", "now() - at", "select id from t order by now() - at, id limit @n"],
  [
    "current_date",
    "at::date - current_date",
    "select id from t order by at::date - current_date, id limit @n",
  ],
  [
    "current_timestamp",
    "at > current_timestamp(0)",
    "select id from t order by at > current_timestamp(0), id limit @n",
  ],
  ["age()", "age(at)", "select id from t order by age(at), id limit @n"],
  [
    "'today'",
    "at < 'today'::timestamptz",
    "select id from t order by at < 'today'::timestamptz, id limit @n",
  ],
  [
    "'[today,tomorrow]'",
    "at::date <@ '[today,tomorrow]'::daterange",
    "select id from t order by at::date <@ '[today,tomorrow]'::daterange, id limit @n",
  ],
  [
    "'{today}'",
    "at::date = any('{today}'::date[])",
    "select id from t order by at::date = any('{today}'::date[]), id limit @n",
  ],
  [
    "pg_backend_pid()",
    "pg_backend_pid() + id",
    "select id from t order by pg_backend_pid() + id, id limit @n",
  ],
  [
    "txid_current()",
    "(select txid_current())",
    "select id from t order by (select txid_current()), id limit @n",
  ],
  [
    "now()",
    "(select count(*) from u where u.t_id = t.id and u.until > now())",
    "select id from t order by (select count(*) from u where u.t_id = t.id and u.until > now()), id limit @n",
  ],
  [
    "now()",
    "exists (select from u where u.t_id = t.id and u.until > now())",
    "select id from t order by exists (select from u where u.t_id = t.id and u.until > now()), id limit @n",
  ],
  ["now()", "n", "select id from since order by n desc, id limit @n"],
  [
    "now()",
    "u.x",
    "select t.id from t left join u on u.id = t.id and u.until > now() order by u.x, t.id limit @n",
  ],
  [
    "now()",
    "u.x",
    "select t.id from t left join (select * from u where until > now()) u on u.id = t.id order by u.x, t.id limit @n",
  ],
  [
    "row_number()",
    "place",
    "select s.id from (select id, row_number() over (order by c) as place from t) s order by place, s.id limit @n",
  ],
  [
    "sum()",
    "total",
    "select s.id from (select id, sum(a) over (order by at) as total from t) s order by total, s.id limit @n",
  ],
  ["sum()", "f", "select id from summed order by f, id limit @n"],
  [
    "array_agg()",
    "l",
    "select s.id from (select t.id, array_agg(u.x) as l from t left join u on u.t_id = t.id group by t.id) s order by l, s.id limit @n",
  ],
  [
    "string_agg()",
    "l",
    "select s.id from (select t.id, string_agg(u.note, ',' order by u.x) as l from t left join u on u.t_id = t.id group by t.id) s order by l, s.id limit @n",
  ],
  [
    "array(select …)",
    "array(select x from u where u.t_id = t.id)",
    "select id from t order by array(select x from u where u.t_id = t.id), id limit @n",
  ],
  [
    "LIMIT",
    "(select note from u where u.t_id = t.id limit 1)",
    "select id from t order by (select note from u where u.t_id = t.id limit 1), id limit @n",
  ],
  [
    "LIMIT",
    "l.note",
    "select t.id from t left join lateral (select note from u where u.t_id = t.id order by u.x limit 1) l on true order by l.note, t.id limit @n",
  ],
  [
    "DISTINCT ON",
    "d.note",
    "select d.t_id from (select distinct on (t_id) t_id, note from u order by t_id, x) d order by d.note, d.t_id limit @n",
  ],
  ["older()", "older(t)", "select id from t order by older(t), id limit @n"],
  ["through_older()", "through_older(t)", "select id from t order by through_older(t), id limit @n"],
  ["recent()", "recent(t)", "select id from t order by recent(t), id limit @n"],
  ["stored_anyhow()", "stored_anyhow(t)", "select id from t order by stored_anyhow(t), id limit @n"],
  ["counted()", "counted(t)", "select id from t order by counted(t), id limit @n"],
  ["unsaid()", "unsaid(t)", "select id from t order by unsaid(t), id limit @n"],
  ["unsaid()", "### t", "select id from t order by ### t, id limit @n"],
  ["foreign_clock()", "foreign_clock(c)", "select id from t order by foreign_clock(c), id limit @n"],
  ["timetz()", "at::time::timetz", "select id from t order by at::time::timetz, id limit @n"],
  [
    "timezone()",
    "at::timetz at time zone 'UTC'",
    "select id from t order by at::timetz at time zone 'UTC', id limit @n",
  ],
  ...[
    "c::date",
    "c::timestamptz(0)",
    "(c || ' 10:00')::timestamp",
    "c::time",
    "c::char(10)::date",
    "c::varchar::timetz",
    "array[c]::date[]",
    "c::date[]",
    "c::daterange",
    "c::datemultirange",
    "c::due",
    "c::span",
    "(c::span).since",
    "c::loose::date",
    "(j->>'at')::timestamptz",
    "(j#>>'{at}')::date - date '2026-01-01'",
    "extract(year from c::date)",
    "c::date < '2026-01-01'",
    "coalesce(c, '2026-01-01')::date",
    "@day::text::date",
    "('to' || 'day')::date",
    "date_in(textout(c))",
    "(jsonb_populate_record(null::u, j)).until",
    "json_value(j, '$.at' returning date)",
  ].map(
    (key) =>
      [
        "a text that is read as a date or time",
        key,
        `select id from t order by ${key}, id limit @n`,
      ] as const,
  ),
  ...[
    "cross join lateral jsonb_to_record(t.j) as r (at date, x int)",
    "cross join lateral jsonb_populate_record(null::u, t.j) as r (a, b, x, d, e, at)",
    "cross join lateral json_table(t.j, '$' columns (at date, x int)) r",
    "cross join lateral xmltable('/r' passing (t.c::xml) columns at date, x int) r",
    "cross join lateral (select t.c::date as at) r",
    "join read_at r on r.id = t.id",
  ].map(
    (source) =>
      [
        "a text that is read as a date or time",
        "r.at",
        `select t.id from t ${source} order by r.at, t.id limit @n`,
      ] as const,
  ),
  // A literal by what it says, whichever way it is written.
  ...[
    "day < E'to\\x64ay'",
    "day < U&'to\\0064ay'",
    "day < U&'to!0064ay' uescape '!'",
    "day < 'to'\n'day'",
    "day < $$today$$",
    "day < date 'today'",
  ].map((key) => ["'today'", key, `select id from w /* ü */ order by ${key}, id limit @n`] as const),
  // A time of day without an offset has that of the day on which it is read.
  ...[
    ["'10:00'", "opens < '10:00'"],
    ["'10:00'", "opens < '10:00'::timetz"],
    ["'10:00'", "opens < timetz '10:00'"],
    ["'10:00'", "opens < '10:00'::timetz(0)"],
    ["'10:00 PM'", "coalesce(opens, '10:00 PM')"],
    ["'1000'", "opens < '1000'"],
    ["'100000.5'", "opens < '100000.5'"],
    ["'10:00 MSK'", "opens = any (array['10:00+03', '10:00 MSK']::timetz[])"],
    ["'{10:00+02,11:00}'", "opens = any ('{10:00+02,11:00}'::timetz[])"],
    ["'(10:00,3)'", "row(opens, 1)::hours < '(10:00,3)'::hours"],
    ["'10:00'", "opens < '10:00'::opening"],
    ["'[10:00,22:00+02]'", "opens <@ '[10:00,22:00+02]'::openings"],
    ["timetz()", "opens < closes"],
    ["timetz()", "array[closes]::timetz[]"],
    ["a text that is read as a time of day", "closes::text::timetz"],
    ["a text that is read as a time of day", "(id || ':00')::timetz"],
    ["a path that gives a time of day an offset", "jsonb_path_query_first_tz(to_jsonb(note), '$.time_tz()')"],
    ["a path that gives a time of day an offset", "jsonb_path_exists_tz(to_jsonb(note), note::jsonpath)"],
    ["a path that gives a time of day an offset", "json_value(to_jsonb(note), '$.time_tz()')"],
    ["pg_timezone_names()", "(select utc_offset from pg_timezone_names where name = note)"],
  ].map(([subject, key]) => [subject!, key!, `select id from w order by ${key}, id limit @n`] as const),
  ["a path that gives a time of day an offset", "at", "select id from opened order by at, id limit @n"],
  ...[
    // What is compared with a subquery, and what each of its rows has.
    ["now()", "now() in (select until from u)"],
    ["now()", "(t.id, now()) in (select x, until from u)"],
    ["clock_timestamp()", "t.at > any (select clock_timestamp() from u)"],
    ["now()", "exists (select from u where u.t_id = t.id group by t_id having max(until) > now())"],
    ["now()", "exists (select from u join u v on v.until > now() where u.t_id = t.id)"],
    ["now()", "exists (select from u join (u v join u w on w.until > now()) on v.id = u.id)"],
    ["now()", "exists (select from (u v join u w on w.until > now()) join u on v.id = u.id)"],
    ["now()", "(select count(*) from (select from u limit extract(minute from now())::int) q)"],
    ["now()", "(select count(*) from (select from u offset extract(minute from now())::int) q)"],
    ["random()", "(select count(*) from (select distinct t_id, random() from u) q)"],
    ["random()", "(select count(*) from (select from u group by random()) q)"],
    ["now()", "(select count(*) from generate_series(t.at, now(), '1 day') g)"],
    ["now()", "(with v as (select from u where until > now()) select count(*) from v)"],
    ["TABLESAMPLE", "(select count(*) from u tablesample bernoulli (50))"],
    [
      "random()",
      "(with recursive r as (select t.id, random() as f union all select id + 1, f from r where id < 3) select max(f) from r)",
    ],
    // Which of several rows is taken.
    ["LIMIT", "(select count(*) from u where u.t_id = t.id group by x limit 1)"],
    ["LIMIT", "(select count(*) over (partition by x) from u where u.t_id = t.id limit 1)"],
    ["LIMIT", "(select grouping(x) from u where u.t_id = t.id group by rollup (x) limit 1)"],
    ["LIMIT", "(select note from u where u.t_id = t.id order by id + 0 limit 1)"],
    ["LIMIT", "(select upper(note) from u where u.t_id = t.id limit 1)"],
    ["random()", "(select note from u where u.t_id = t.id order by random(), id limit 1)"],
    ["array(select …)", "array(select x from u where u.t_id = t.id union all select t.a)"],
    ["array(select …)", "array(select note from u where u.t_id = t.id order by x)"],
    // Aggregates and windows.
    ["string_agg()", "(select string_agg(note, note order by x) from u)"],
    ["every()", "(select every(note) from u where u.t_id = t.id)"],
    ["sum()", "(select sum(note) from u where u.t_id = t.id)"],
    ["corr()", "(select corr(x, id) from u where u.t_id = t.id)"],
    ["array_agg()", "(select array_agg(x) from u where u.t_id = t.id)"],
    // Functions.
    ["show_limit()", "show_limit(t.c)"],
    ["isn_weak()", "isn_weak(t)"],
    ["stated()", "stated(t)"],
  ].map(([subject, key]) => [subject!, key!, `select t.id from t order by ${key}, t.id limit @n`] as const),
  ...[
    ["row_number()", "(select id, row_number() over (partition by c) as k from t)"],
    ["sum()", "(select id, sum(f) over (partition by c) as k from t)"],
    ["array_agg()", "(select id, array_agg(a) over (partition by c) as k from t)"],
    ["random()", "(select id, sum(a) over (partition by random()) as k from t)"],
    ["now()", "(select id, count(*) over () as k from t where at > now())"],
    ["now()", "(select id, count(*) over () as k from since where n > extract(minute from now()))"],
    ["random()", "(select id, a as k from t union all select id, random() from t)"],
    [
      "random()",
      "(select id, a as k from t union all (select id, random() from t union all select id, x from u))",
    ],
    [
      "random()",
      "((select id, a as k from t union all select id, random() from t) union all select id, x from u)",
    ],
    ["random()", "(select random() as k, id from t)"],
    [
      "random()",
      "(with recursive r as (select id, random() as k from t union all select id + 1, k from r where id < 3) select * from r)",
    ],
    [
      "random()",
      "(select t.id, j.k from t, json_table(jsonb_build_object('a', random()), '$' columns (k float path '$.a')) j)",
    ],
    ["random()", "(select t.id, j.* from t, rows from (abs(t.a), random()) j (i, k))"],
    [
      "now()",
      "(select t.id, l.note as k from t cross join lateral (select note from u where t_id = t.id and until > now() order by u.id limit 1) l)",
    ],
    [
      "LIMIT",
      "(select t.id, l::text as k from t cross join lateral (select x, note from u where t_id = t.id order by x limit 1) l)",
    ],
    ["random()", "(select w.id, w::text as k from (t join by_chance using (id)) w)"],
    ["random()", "(select t.id, v::text as k from t cross join lateral (values (t.a, random())) v (x, y))"],
    ["random()", "(select t.id, b::text as k from t join by_chance b on b.id = t.id)"],
    [
      "now()",
      "(select t.id, u.x as k from (select * from u where until > now()) u right join t on u.id = t.id)",
    ],
    [
      "now()",
      "(select t.id, u.x as k from t full join (select * from u where until > now()) u on u.id = t.id)",
    ],
    ["now()", "(select u.id, t.a as k from (select * from t where at > now()) t full join u on u.id = t.id)"],
    [
      "now()",
      "(select u.id, t.a as k from u left join (t join u v on v.id = t.id and v.until > now()) on u.id = t.id)",
    ],
    [
      "now()",
      "(select u.id, t.a as k from u left join (t cross join generate_series(1, extract(minute from now())::int) g) on u.id = g)",
    ],
    ["random()", "(select random() as k, max(id) as id from t group by 1)"],
  ].map(
    ([subject, from]) => [subject!, "s.k", `select s.id from ${from} s order by s.k, s.id limit @n`] as const,
  ),
];

test.each(MOVING)("%s moves in %s: %s", async (subject, at, sql) => {
  const text = `-- name: Q :many\n-- @keyset\n${sql};\n`;
  const { diagnostics } = await analysed(text);
  const [first] = diagnostics;
  expect(diagnostics.map(({ code, span }) => [code, text.slice(span!.start, span!.end)])).toEqual([
    ["keyset-moving-key", at],
  ]);
  expect(first!.message).toContain(` ${subject}, wh`);
  expect(first!.hint).toBeTruthy();
});

test.each([
  ["random()", "may give another value for the same row", "Order by columns."],
  ["unsaid(t)", "may give another value for the same row", "Declare the function IMMUTABLE"],
  ["older(t)", "may give another value for the same row", "Declare the function IMMUTABLE"],
  ["now()", "is another when the next page is read", "Give it as an argument"],
  ["a::text::timetz", "has the offset that the session's time zone has on that day", "Write the offset"],
  ["row_number() over (partition by c)", "changes as other rows come and go", "Order by what its window"],
  ["array_agg(a) over (partition by c)", "depends on which of its rows are read first", "Say it within"],
])("it is said what moves %s, and what to do", async (key, why, hint) => {
  const sql = `select s.id from (select id, ${key} as k from t) s order by s.k, s.id limit @n`;
  const [first] = (await analysed(`-- name: Q :many\n-- @keyset\n${sql};\n`)).diagnostics;
  expect([first!.message, first!.hint]).toEqual([
    expect.stringContaining(why),
    expect.stringContaining(hint),
  ]);
});

test("each order of @sort is asked, and one that is not read in pages is not", async () => {
  const sorted = "-- @sort chance: random | name: c\nselect id from t order by random(), c, id limit @n;\n";
  const paged = await analysed(`-- name: Q :many\n-- @keyset\n${sorted}`);
  expect(paged.diagnostics.map(({ code }) => code)).toEqual(["keyset-moving-key"]);
  expect((await analysed(`-- name: Q :many\n${sorted}`)).diagnostics).toEqual([]);
});

/** What stays where the data do, and which parameters it is made of. */
const STAYING: readonly (readonly [sql: string, params?: readonly string[]])[] = [
  ["select id, random() as r, now() as n from t order by c, id limit @n"],
  ["select id from t where at < now() and random() < 0.5 order by c, id limit @n"],
  ["select id from t order by lower(c), at::date, date_trunc('day', at) desc, to_char(n, '9'), id limit @n"],
  ["select id from t order by c = current_user, c = current_setting('a.b', true), id limit @n"],
  ["select id from t order by at - interval '1 day', f desc, c = 'today', id limit @n"],
  ["select b.id from by_chance b order by b.a, b.id limit @n"],
  ["select a.id from aged a order by a.at desc, a.id limit @n"],
  ["select id from summed order by n desc, x, id limit @n"],
  ["select id from kept order by r, id limit @n"],
  [
    "select s.id from (select id, sum(a) over (partition by c) as total from t) s order by total, s.id limit @n",
  ],
  [
    "select s.id from (select id, c, row_number() over (order by c) as place from t) s order by s.c, s.id limit @n",
  ],
  [
    "select s.id from (select t.id, array_agg(u.x order by u.x) as l, array_agg(distinct u.note) as d from t left join u on u.t_id = t.id group by t.id) s order by l, d, s.id limit @n",
  ],
  [
    "select s.id from (select t.id, percentile_cont(0.5) within group (order by u.f) as l, max(u.f) as m from t left join u on u.t_id = t.id group by t.id) s order by l, m, s.id limit @n",
  ],
  [`select id from t order by ${LAST}, id limit @n`],
  [
    "select id from t order by (select max(x) from u where u.t_id = t.id), exists (select from u where u.t_id = t.id limit 1), array(select x from u where u.t_id = t.id order by x), id limit @n",
  ],
  [
    "select t.id from t left join lateral (select note from u where u.t_id = t.id order by u.x, u.id limit 1) l on true order by l.note, t.id limit @n",
  ],
  [
    "select d.t_id from (select distinct on (t_id) t_id, x from u order by t_id, x) d order by d.x, d.t_id limit @n",
  ],
  ["select id from t order by plain(t), through(t), stored(t), said(t), id limit @n"],
  ["select id from t order by unaccent(c), read_date(c), id limit @n"],
  ["select id from t order by at::text::date, (@year::int || '-01-01')::date, id limit @n", ["year"]],
  [
    "select id from t order by to_char(at, 'YYYY-MM-01')::date, concat(a, '-', lpad(id::text, 2, '0'), '-01')::date, format('%s-%s-01', a, id)::date, '2026-01-01'::text::timestamptz, id limit @n",
  ],
  [
    "select id from t order by to_date(c, 'YYYY-MM-DD'), to_timestamp(c, 'YYYY'), c::interval, c::uuid, c::int4range, id limit @n",
  ],
  [
    "select id from t order by at at time zone 'UTC', at::timetz, timezone('Europe/Paris', at::timestamp), id limit @n",
  ],
  ["select id from t order by (j->>'n')::int, c like 'today', id limit @n"],
  ["select id from t order by json_value(j, '$.n' returning int), id limit @n"],
  [
    "select t.id from t cross join lateral jsonb_to_record(t.j) as r (at date, x int) order by r.x, t.id limit @n",
  ],
  ["select t.id from t cross join lateral jsonb_populate_record(null::u, t.j) r order by r.x, t.id limit @n"],
  [
    "select t.id from t cross join lateral (select max(r.x) as x from json_table(t.j, '$' columns (at date, x int)) r) r order by r.x, t.id limit @n",
  ],
  [
    "select id from w order by opens < '10:00+02', opens = any ('{10:00Z,11:00-03:30}'), opens < '10:00 UTC', opens < 'allballs', opens < '2026-01-01 10:00', id limit @n",
  ],
  ["select id from w order by closes < '10:00', id limit @n"],
  ["select id from w order by row(opens, 1)::hours < '(10:00+02,3)'::hours, id limit @n"],
  ["select id from opened order by early, id limit @n"],
  [
    "select id from w order by jsonb_path_exists_tz(to_jsonb(note), '$.at.timestamp_tz() < $.to.timestamp_tz()'), json_value(to_jsonb(note), '$.datetime'), id limit @n",
  ],
  ["select id from t order by abs(a - @by::int), id limit @n", ["by"]],
  [
    "select id from t where c = @c order by @by::int * a, (select count(*) from u where u.t_id = t.id and u.x > @least), id limit @n",
    ["by", "least"],
  ],
  [
    "select s.id from (select t.id, count(u.x) as n from t left join u on u.t_id = t.id and u.x > @least where t.c = @c group by t.id) s where s.id > @from order by s.n, s.id limit @n",
    ["least", "c"],
  ],
  ["select s.id from (select t.id, t.a from t where t.c = @c) s order by s.a, s.id limit @n"],
  [
    "select t.id from t left join u on u.id = t.id and u.x > @least order by u.note, t.id limit @n",
    ["least"],
  ],
  ["select t.id from t join u on u.id = t.id and u.x > @least order by u.note, t.id limit @n"],
  // What stands beside a view or a function's body is the statement's own.
  ["select id from t order by plain(t) + @by::int, id limit @n", ["by"]],
  ["select id from t order by plain(t) > 0 and at > '2020-01-01', id limit @n"],
  ["select d.id from dated d order by d.a + @by::int, d.id limit @n", ["by"]],
  ["select d.id from dated d where d.a > 0 and now() > 'today' order by d.late, d.id limit @n"],
  ["select id from t order by (@by::int, at) in (select x, until from u), id limit @n", ["by"]],
  [
    "select s.id from (select id, a + @one::int as k from t) s order by @zero::int * s.k, s.id limit @n",
    ["one", "zero"],
  ],
  ["select id from t order by (select max(x) from u limit @least::int), id limit @n", ["least"]],
  ["select id from t order by age(at, '2020-01-01'), age(at - at), series(t), id limit @n"],
  [
    "select id from t order by array(select x from u where t_id = t.id union all select a order by 1), id limit @n",
  ],
  ["select id from t order by exists (select random() from u where u.t_id = t.id), id limit @n"],
  [
    "select id from t order by (select 'x' from u where u.t_id = t.id limit 1), (select note from u where u.t_id = t.id order by note limit 1), (select note from u where u.id = t.id), id limit @n",
  ],
  [
    "select id from t order by (select string_agg(note, ',' order by note) from u), (select string_agg(note, @sep order by note) from u), (select array_agg(1) from u), (select count(*) from u tablesample bernoulli (50) repeatable (1)), (select count(*) from kept_recent), id limit @n",
    ["sep"],
  ],
  [
    "select s.id from (select id, a from t where at < now() order by a limit 5) s order by s.a, s.id limit @n",
  ],
  ["select s.id from (select id, sum(n) over (partition by c) as k from t) s order by s.k, s.id limit @n"],
  ["select s.id from (select id, a as k, random() as r from t) s order by s.k, s.id limit @n"],
  ["select t.id from t cross join lateral (values (t.a, random())) v (x, y) order by v.x, t.id limit @n"],
  ["select t.id from t cross join lateral (select t.a as x, random() as y) v order by v.x, t.id limit @n"],
  [
    "select d.t_id from (select distinct on (t_id) t_id, x, now() as w from u order by t_id, x, id) d order by d.x, d.t_id limit @n",
  ],
  [
    "select t.id from t cross join lateral (select x from u where u.id = t.id and until > now()) l order by l.x, t.id limit @n",
  ],
  ["select id from t order by array(select x from u where t_id = t.id order by u.id), id limit @n"],
  ["select t.id from t left join (select * from u offset 0) u on u.id = t.id order by u.x, t.id limit @n"],
  [
    "select v.id from (select * from u where until > now()) v left join t on t.id = v.id order by t.a, v.id limit @n",
  ],
  [
    "select v.id from t right join (select * from u where until > now()) v on t.id = v.id order by t.a, v.id limit @n",
  ],
];

test.each(STAYING)("%s", async (sql, params = []) => {
  const { query, diagnostics } = await analysed(`-- name: Q :many\n-- @keyset\n${sql};\n`);
  expect(diagnostics).toEqual([]);
  expect(query!.sql.page!.params).toEqual([expect.any(Array)]);
  expect(query!.sql.page!.params[0]!.map((number) => query!.params[number - 1]!.name)).toEqual(params);
});

test("the same moves, and the same stays, where the tree is read as a server gives it", async () => {
  const asServer = new Proxy(engine, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (typeof own !== "function") return own;
      if (name !== "describe") return own.bind(target);
      return async (sql: string) => {
        const { tree: _, ...described } = await target.describe(sql);
        return described;
      };
    },
  });
  const isTouched = rowsWrittenIn("generator/test/analysis/moving-keys.test.ts");
  const moving = sliceToRun("keys that move, as a server gives them", MOVING, 4, {
    kindOf: ([subject]) => subject,
    isTouched,
  });
  for (const [subject, , sql] of moving) {
    const { diagnostics } = await analysed(`-- name: Q :many\n-- @keyset\n${sql};\n`, asServer);
    expect([sql, diagnostics.map(({ message }) => message.includes(` ${subject}, wh`))]).toEqual([
      sql,
      [true],
    ]);
  }
  for (const [sql] of sliceToRun("keys that stay, as a server gives them", STAYING, 4, { isTouched })) {
    const { diagnostics } = await analysed(`-- name: Q :many\n-- @keyset\n${sql};\n`, asServer);
    expect([sql, diagnostics]).toEqual([sql, []]);
  }
});

/** The numbers of a list as the engine gives it. */
const numbersOf = (list: unknown): number[] => String(list).match(/\d+/g)?.map(Number) ?? [];

/** Those that take no arguments and are the same for each statement of a session, or say what the database has. */
const OF_THE_SESSION = `
  current_database current_schema current_user session_user system_user getpgusername getdatabaseencoding pg_client_encoding get_current_ts_config
  inet_client_addr inet_server_addr inet_server_port json_build_array json_build_object jsonb_build_array jsonb_build_object
  pg_conf_load_time pg_postmaster_start_time pg_numa_available pg_event_trigger_table_rewrite_oid pg_event_trigger_table_rewrite_reason version
`;

test("each function that is STABLE and takes no arguments is of the moment, or known to be of the session", async () => {
  const rows = await engine.run(
    `select distinct proname::text as name from pg_proc where provolatile = 's' and prokind = 'f' and pronargs = 0 and prorettype <> 'record'::regtype
       and proname !~ '^pg_stat_get_(archiver|bgwriter|buf|checkpointer|slru|wal)' order by 1`,
  );
  const names = rows.map(({ name }) => name as string);
  const ofTheSession = OF_THE_SESSION.trim().split(/\s+/);
  expect(names.length).toBeGreaterThan(ofTheSession.length);
  const fn = (name: string) => ({ name, builtIn: true }) as Parameters<typeof isOfTheMoment>[0];
  expect(names.filter((name) => !isOfTheMoment(fn(name), []))).toEqual(
    names.filter((name) => ofTheSession.includes(name)),
  );
  expect(names.filter((name) => isOfTheMoment(fn(name), []) && ofTheSession.includes(name))).toEqual([]);
});

test("each function that is STABLE and has a time of day is known to take today's offset, or not to", async () => {
  const rows = await engine.run(
    `select proname::text as name, proargtypes::oid[]::int[] as types, proname || '(' || oidvectortypes(proargtypes) || ')' as called from pg_proc
       where provolatile = 's' and prokind = 'f' and (prorettype in (1083, 1266) or proargtypes::oid[] && array[1083, 1266]::oid[]) order by 3`,
  );
  const takes = rows.filter(({ name, types }) =>
    takesTodaysOffset({ name, builtIn: true, volatility: "s" } as RawFunction, numbersOf(types)),
  );
  expect(takes.map(({ called }) => called)).toEqual([
    "timetz(time without time zone)",
    "timezone(text, time with time zone)",
    "timezone(time with time zone)",
  ]);
  expect(rows.filter((row) => !takes.includes(row)).map(({ called }) => called)).toEqual([
    "time(timestamp with time zone)",
    // What reads a text is found by that.
    "time_in(cstring, oid, integer)",
    "timestamptz(date, time without time zone)",
    "timetz(timestamp with time zone)",
    "timetz_in(cstring, oid, integer)",
  ]);
});

test("an order is of its own parameters", async () => {
  const { query } = await analysed(
    "-- name: Q :many\n-- @sort near: abs | name: c\n-- @keyset\nselect id from t order by abs(a - @by::int), c, id limit @n;\n",
  );
  expect(query!.sql.page!.params).toEqual([[1], []]);
});
