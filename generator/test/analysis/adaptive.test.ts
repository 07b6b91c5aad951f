import fc from "fast-check";
import { mendsOf } from "../../src/check/findings/mends.ts";
import type { Query } from "../../src/model/query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { type Analysed, analysed as analysedOn } from "./analysed.ts";

// Queries of which parts are left out: what is left is what PostgreSQL reads, and what is wrong is told where it stands.

const SCHEMA = `
  create table t (id int primary key, a int, b int, c text not null, d date, n numeric, arr int[] not null);
  create table u (id int primary key, t_id int not null references t, x int not null, note text);
  create collation loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
  create table v (name text primary key);
  create table w (big bigint primary key);
  create table x (at timestamptz primary key);
  create table y (f numeric primary key);
  create type pair as (x int, y int);
  create domain known_pair as pair;
  insert into t select g, nullif(g % 4, 3), nullif(g % 3, 2), (array['x', 'xy', 'z'])[1 + g % 3], null, null, '{1}' from generate_series(1, 24) g;
  insert into u select g, g, g % 5, null from generate_series(1, 12) g;
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

const analysed = (text: string): Promise<Analysed> => analysedOn(text, engine, reader);

/** The texts of its variants on one line each, in the order of their numbers. */
async function variantsOf(sql: string, optional: string): Promise<string[]> {
  const command = /^merge\b/.test(sql) ? ":exec" : ":many";
  const { query, diagnostics } = await analysed(`-- name: Q ${command}\n${optional}\n${sql};\n`);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return query!.sql.variants.map(({ text }) => text.replace(/\s+/g, " ").trim());
}

test.each([
  {
    sql: "select id from t where a = @a and b = @b",
    optional: "-- @optional a, b",
    variants: [
      "select id from t",
      "select id from t where a = $1",
      "select id from t where b = $1",
      "select id from t where a = $1 and b = $2",
    ],
  },
  {
    sql: "insert into t as o (id, c, arr) values (@id, 'x', '{}') on conflict (id) where id > 0 do update set d = null, a = @a where o.b = @b or o.n > 1 returning id",
    optional: "-- @optional a, b",
    variants: [
      "insert into t as o (id, c, arr) values ($1, 'x', '{}') on conflict (id) where id > 0 do update set d = null where o.n > 1 returning id",
      "insert into t as o (id, c, arr) values ($1, 'x', '{}') on conflict (id) where id > 0 do update set d = null, a = $2 where o.n > 1 returning id",
      "insert into t as o (id, c, arr) values ($1, 'x', '{}') on conflict (id) where id > 0 do update set d = null where o.b = $2 or o.n > 1 returning id",
      "insert into t as o (id, c, arr) values ($1, 'x', '{}') on conflict (id) where id > 0 do update set d = null, a = $2 where o.b = $3 or o.n > 1 returning id",
    ],
  },
  {
    sql: "insert into t (id, c, arr) values (1, 'x', '{}') on conflict (id) do update set a = 1 where t.b = @b returning id",
    optional: "-- @optional b",
    variants: [
      "insert into t (id, c, arr) values (1, 'x', '{}') on conflict (id) do update set a = 1 returning id",
      "insert into t (id, c, arr) values (1, 'x', '{}') on conflict (id) do update set a = 1 where t.b = $1 returning id",
    ],
  },
  {
    sql: "merge into t using (select x from u where note = @note) s on s.x = t.id when matched and a = 1 then update set b = case when b = 1 then 2 end, c = @c when matched then delete",
    optional: "-- @optional c, note",
    variants: [
      "merge into t using (select x from u) s on s.x = t.id when matched and a = 1 then update set b = case when b = 1 then 2 end when matched then delete",
      "merge into t using (select x from u where note = $1) s on s.x = t.id when matched and a = 1 then update set b = case when b = 1 then 2 end when matched then delete",
      "merge into t using (select x from u) s on s.x = t.id when matched and a = 1 then update set b = case when b = 1 then 2 end, c = $1 when matched then delete",
      "merge into t using (select x from u where note = $1) s on s.x = t.id when matched and a = 1 then update set b = case when b = 1 then 2 end, c = $2 when matched then delete",
    ],
  },
  {
    sql: "select id from t where (c = 'x' or a = @a) order by id",
    optional: "-- @optional a",
    variants: [
      "select id from t where (c = 'x') order by id",
      "select id from t where (c = 'x' or a = $1) order by id",
    ],
  },
  {
    // BETWEEN has an AND of its own, and so have CASE and parentheses.
    sql: "select id from t where a between 1 and 2 and case when b = 1 and c = 'x' then true else false end and b = @b",
    optional: "-- @optional b",
    variants: [
      "select id from t where a between 1 and 2 and case when b = 1 and c = 'x' then true else false end",
      "select id from t where a between 1 and 2 and case when b = 1 and c = 'x' then true else false end and b = $1",
    ],
  },
  {
    sql: "with w as (select id from t where a = @a limit @n) select w.id from w join u on u.id = w.id and u.x = @x where true limit @n",
    optional: "-- @optional n, x",
    variants: [
      "with w as (select id from t where a = $1 ) select w.id from w join u on u.id = w.id where true",
      "with w as (select id from t where a = $1 limit $2) select w.id from w join u on u.id = w.id where true limit $2",
      "with w as (select id from t where a = $1 ) select w.id from w join u on u.id = w.id and u.x = $2 where true",
      "with w as (select id from t where a = $1 limit $2) select w.id from w join u on u.id = w.id and u.x = $3 where true limit $2",
    ].map((text) => text.replace(" )", ")")),
  },
  {
    sql: "select t.id from t join u on u.x = @x",
    optional: "-- @optional x",
    variants: ["select t.id from t join u on true", "select t.id from t join u on u.x = $1"],
  },
  {
    sql: "select count(*) from t group by c having count(*) > @n offset @skip rows fetch first (@k) rows only",
    optional: "-- @optional n, k",
    variants: [
      "select count(*) from t group by c offset $1 rows",
      "select count(*) from t group by c having count(*) > $1 offset $2 rows",
      "select count(*) from t group by c offset $1 rows fetch first ($2) rows only",
      "select count(*) from t group by c having count(*) > $1 offset $2 rows fetch first ($3) rows only",
    ],
  },
  {
    sql: "update t set a = @a, (b, c) = (@b, 'x') where id = @id returning id",
    optional: "-- @optional a, b",
    variants: [
      "update t set (b, c) = ($1, 'x') where id = $2 returning id",
      "update t set a = $1 where id = $2 returning id",
      "update t set a = $1, (b, c) = ($2, 'x') where id = $3 returning id",
    ],
  },
  {
    sql: "select id from t where a is distinct from @a union all select id from u where x = @x",
    optional: "-- @optional x",
    variants: [
      "select id from t where a is distinct from $1 union all select id from u",
      "select id from t where a is distinct from $1 union all select id from u where x = $2",
    ],
  },
  {
    // Its type is that of the first place in the whole.
    sql: "select id from t where n > @p and a = @p",
    optional: "-- @whole",
    variants: [],
  },
  {
    // Behind a dot, and behind AS, a key word is a name.
    sql: "select s.order as from, case when s.end is null then s.case end as end from (select a as order, c as case, d as end from t) s where s.order = @a and s.end > @b order by s.order",
    optional: "-- @optional a, b",
    variants: ["", " where s.order = $1", " where s.end > $1", " where s.order = $1 and s.end > $2"].map(
      (where) =>
        `select s.order as from, case when s.end is null then s.case end as end from (select a as order, c as case, d as end from t) s${where} order by s.order`,
    ),
  },
])("$sql", async ({ sql, optional, variants }) => {
  const found = await variantsOf(sql, optional);
  expect([...found].sort()).toEqual([...variants].sort());
});

test("a parameter keeps its type where the place that decides it is left out", async () => {
  const { query } = await analysed(
    "-- name: Q :many\n-- @optional lo\nselect id from t where n > @p::numeric + @lo::int and a::numeric = @p;\n",
  );
  const types = await Promise.all(
    query!.sql.variants.map(({ text }) => engine.describe(text, { tree: false })),
  );
  const whole = query!.params.map(({ type }) => type);
  for (const [i, { params }] of query!.sql.variants.entries())
    expect(types[i]!.params).toEqual(params.map((number) => whole[number - 1]));
  const idiom = await analysed("-- name: Q :many\nselect id from t where (@x::bigint is null or a = @x);\n");
  expect(idiom.query!.sql.variants.map(({ text }) => text)).toEqual([
    "select id from t",
    "select id from t where (a = ($1::bigint))",
  ]);
});

test("whether a row is null is left to PostgreSQL, as that holds of a row of NULLs", async () => {
  const decided = async (condition: string): Promise<number> =>
    (await analysed(`-- name: Q :many\nselect id from t where ${condition};\n`)).query!.sql.deciding.length;
  expect(await decided("(@p::pair is null or (a, b)::pair = @p)")).toBe(0);
  expect(await decided("(@p::known_pair is null or (a, b)::pair = @p)")).toBe(0);
  expect(await decided("(@p::t is null or t = @p)")).toBe(0);
  expect(await decided("(@p::text::pair is null or (a, b)::pair::text = @p)")).toBe(0);
  expect(await decided("(@p::pair is null or (a, b)::pair = @p) and (@q::int is null or a = @q)")).toBe(1);
  expect(await decided("(@p::pair[] is null or (a, b)::pair = any(@p))")).toBe(1);
});

test("what is not given proves nothing", async () => {
  const nullability = async (sql: string, optional: string): Promise<boolean[]> => {
    const { query, diagnostics } = await analysed(`-- name: Q :many\n-- @optional ${optional}\n${sql};\n`);
    expect(diagnostics).toEqual([]);
    return query!.columns.map(({ nullable }) => nullable);
  };
  expect(await nullability("select a, b from t where a = @a and b = 1", "a")).toEqual([true, false]);
  // Where less is left out, less may be found.
  expect(
    await nullability(
      "select s.n from u left join lateral (select count(*) as n from t where t.id = u.t_id having count(*) > @min) s on true",
      "min",
    ),
  ).toEqual([true]);
  expect(
    await nullability(
      "with w as (select count(*) as n from t having count(*) > @min) select (select n from w) as n",
      "min",
    ),
  ).toEqual([true]);
  expect(await nullability("select max(v.x) as x from (values (1)) v (x) where v.x = @x", "x")).toEqual([
    true,
  ]);
  // A condition holds of what is not assigned, and of nothing else.
  expect(
    await nullability("update t set a = @a, c = 'x' where a is not null and id = @id returning a", "a"),
  ).toEqual([true]);
  const { query } = await analysed("-- name: Q :one\n-- @optional id\nselect c from t where id = @id;\n");
  expect(query!.rows.atMostOne).toBe(false);
});

const MISTAKES: readonly (readonly [code: string, at: string, sql: string])[] = [
  ["adaptive-unknown-parameter", "stauts", "-- @optional stauts\nselect id from t where c = @status"],
  ["adaptive-unknown-parameter", "zzz", "-- @optional a, zzz\nselect id from t where a = @a"],
  ["adaptive-twice", "a", "-- @optional a, a\nselect id from t where a = @a"],
  ["adaptive-fixed-place", "@x", "-- @optional x\nselect id, @x::int as x from t"],
  ["adaptive-fixed-place", "@x", "-- @optional x\nselect t.id from t left join u on u.x = @x"],
  ["adaptive-fixed-place", "@x", "-- @optional x\nselect g from generate_series(1, @x) g"],
  [
    "adaptive-fixed-place",
    "@x",
    "-- @optional x\ninsert into u (id, t_id, x) values (1, 2, @x) returning id",
  ],
  ["adaptive-fixed-place", "@x", "-- @optional x\nselect id from t where not (@x = 1) order by a + @x::int"],
  ["adaptive-empties-where", "a = @a", "-- @optional a\ndelete from t where a = @a returning id"],
  [
    "adaptive-empties-where",
    "a = @a or b = @b",
    "-- @optional a, b\nupdate t set c = 'x' where a = @a or b = @b returning id",
  ],
  [
    "adaptive-empties-where",
    "a = @a and (@b::int is null or b = @b)",
    "-- @optional a\ndelete from t where a = @a and (@b::int is null or b = @b) returning id",
  ],
  [
    "adaptive-empties-where",
    "a = @a",
    "-- @optional a\nwith w as (delete from t where a = @a returning id) select id from w",
  ],
  ["adaptive-needless", "@whole", "-- @whole\nselect id from t where a = @a"],
  ["sort-unknown-item", '"A B"', '-- @sort a | x: id, "A B"\nselect id from t order by a, id'],
  ["sort-unknown-item", "idd", "-- @sort a | idd\nselect id from t order by a, id"],
  // Neither has the name alone.
  [
    "sort-unknown-item",
    "lower",
    "-- @sort lower | a\nselect id from t order by lower(c), lower(c || 'x'), a",
  ],
  ["sort-one-alternative", "a", "-- @sort a\nselect id from t order by a, id"],
  ["sort-one-alternative", "a | same: a", "-- @sort a | same: a\nselect id from t order by a, id"],
  ["sort-twice", "a: id", "-- @sort a | a: id\nselect id from t order by a, id"],
  ["sort-shape", "a | b", "-- @sort a | b\nselect id from t"],
  ["sort-shape", "c | a", "-- @sort c | a\nselect id from t order by c using ~>~, a"],
  ["sort-shape", "@keyset", "-- @keyset\nselect id from t order by c using ~<~, id limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect id from t order by a limit @n"],
  [
    "keyset-not-total",
    "@keyset",
    "-- @keyset\nselect t.id from t join u on u.t_id = t.id order by t.id limit @n",
  ],
  // Keys that differ may be equal as they are ordered.
  ["keyset-not-total", "@keyset", "-- @keyset\nselect name from v order by name collate loose limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect name from v order by lower(name) limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect name from v order by name::varchar(3) limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect name from v order by name::char(9) limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect big from w order by big::float8 limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect big from w order by -big::real limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect at from x order by at::timestamp limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect at from x order by at::date limit @n"],
  ["keyset-not-total", "@keyset", "-- @keyset\nselect f from y order by round(f) limit @n"],
  // What is optional makes nothing unique.
  [
    "keyset-not-total",
    "@keyset",
    "-- @optional id\n-- @keyset\nselect id from t where id = @id order by a limit @n",
  ],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t order by id"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t order by id fetch first row only"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t order by (a, b), id limit @n"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect * from t order by 2, id limit @n"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect distinct id from t order by id limit @n"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t union select id from u order by id limit @n"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t order by id limit @n offset 2"],
  // One row more is asked for than a page has.
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t where a < @n::int order by id limit @n"],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id from t order by a + @n::int, id limit @n::int"],
  [
    "keyset-shape",
    "@keyset",
    "-- @keyset\nwith d as (delete from u where t_id = @t returning id) select t.id from t, d where d.id = t.id order by t.id limit @n",
  ],
  ["keyset-shape", "@keyset", "-- @keyset\nselect id, lag(a) over (order by id) from t order by id limit @n"],
  [
    "adaptive-two-in-one",
    "a between @lo and @hi",
    "-- @optional lo, hi\nselect id from t where a between @lo and @hi",
  ],
];

test.each(MISTAKES)("%s at %s", async (code, at, sql) => {
  const text = `-- name: Q :many\n${sql};\n`;
  const { diagnostics } = await analysed(text);
  expect(diagnostics.map((d) => [d.code, text.slice(d.span!.start, d.span!.end)])).toEqual([[code, at]]);
  expect(diagnostics[0]!.hint).toBeTruthy();
});

/** All that callers see of a query's arguments. */
function callsOf(query: Query | null) {
  const { params, sql } = query!;
  const by = new Map(sql.deciding.map((one) => [one.number, one.by === "absence"]));
  return {
    args: params.map(({ name, nullable, number }) => ({ name, nullable, optional: by.get(number) ?? false })),
    orders: sql.orders,
  };
}

/** What each is mended to, one edit after another, and what is told of the first. */
test.each([
  ["-- @whole\nselect id from t where a = @a", "select id from t where a = @a"],
  ["-- Gives all.\r\n--   @whole  \r\nselect id from t", "-- Gives all.\r\nselect id from t"],
  ["/* @whole */\nselect id from t", "select id from t"],
  ["/* @whole */ select id from t", " select id from t"],
  ["/*\n * Gives all.\n * @whole\n */\nselect id from t", "/*\n * Gives all.\n */\nselect id from t"],
  ["/* Gives all.\n@whole */\nselect id from t", "/* Gives all.\n*/\nselect id from t"],
  [
    "-- @sort a: a, b | same: a, b | c\nselect id from t order by a, b, c, id",
    "-- @sort a: a, b | c\nselect id from t order by a, b, c, id",
  ],
  [
    "-- @sort a: a | c | same: a \nselect id from t order by a, c, id",
    "-- @sort a: a | c \nselect id from t order by a, c, id",
  ],
  [
    "-- @sort a: a\n-- @sort same: a\n-- @sort other: a | c\nselect id from t order by a, c, id",
    "-- @sort a: a\n-- @sort c\nselect id from t order by a, c, id",
  ],
  [
    "-- @optional a, b\nselect id from t where (@a::int is null or a = @a) and id > @b",
    "-- @optional a, b\nselect id from t where a = @a and id > @b",
  ],
  [
    "-- @optional a\nselect id from t where a = sqlc.narg(a) or sqlc.narg('a')::int is null",
    "-- @optional a\nselect id from t where a = @a",
  ],
  [
    "-- @optional a\nselect id from t where (sqlc.narg(a)::int is null or a = sqlc.narg(a) and b = 1 or c = 'x') and d is null",
    // Without it `c = 'x'` is left, and with null everything.
    "-- @optional a\nselect id from t where (@a::int is null or a = @a and b = 1 or c = 'x') and d is null",
  ],
  [
    "-- @optional a, b\nupdate t set a = sqlc.narg(a), b = sqlc.narg('b')::int where id = @id",
    "-- @optional a, b\nupdate t set a = @a, b = @b::int where id = @id",
  ],
  // What is not needless stays.
  [
    "-- @optional b\nselect id from t where (sqlc.narg(a)::int is null or a = sqlc.narg(a)) and b = @b",
    "-- @optional b\nselect id from t where (sqlc.narg(a)::int is null or a = sqlc.narg(a)) and b = @b",
  ],
])("%s has what is needless taken away", async (sql, mended) => {
  const head = "-- name: Q :exec\n";
  let text = `${head}${sql};\n`;
  for (let round = 0; round < 6; round++) {
    const { query, diagnostics } = await analysed(text);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const safe = mendsOf(diagnostics, () => text).files[0]?.text ?? text;
    expect(callsOf((await analysed(safe)).query)).toEqual(callsOf(query));
    if (round > 0 && diagnostics.length > 0)
      expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(["adaptive-needless"]));
    const was = text;
    text = mendsOf(diagnostics, () => was, "all").files[0]?.text ?? was;
    if (text === was) break;
  }
  expect(text).toBe(`${head}${mended};\n`);
});

/** What an item of ORDER BY is called, and the orders that are made of it. */
test.each([
  ["upper(c)", "upper"],
  ["t.a", "a"],
  ["loud", "loud"],
  // The select list has it, by a name.
  ["lower(c)", "quiet"],
  ["2", "loud"],
  ["n::int", "n"],
  ['c collate "C"', "c"],
  ["coalesce(a, b)", "coalesce"],
  ["case when a = 1 then 1 else b end", "b"],
  ["case when a = 1 then b end", "case"],
  ["(select max(x) from u where t_id = t.id)", "max"],
  ["exists (select from u)", "exists"],
  ["a + 1", null],
])("%s is %s to @sort", async (item, name) => {
  const { query, diagnostics } = await analysed(
    `-- name: Q :many\n-- @sort one: ${name ?? "nothing"} | t.id\nselect id, upper(c || 'x') as loud, lower(c) as quiet from t order by ${item} desc, t.id;\n`,
  );
  if (name === null) return expect(diagnostics.map(({ code }) => code)).toEqual(["sort-unknown-item"]);
  expect(diagnostics).toEqual([]);
  expect(query!.sql.orders).toEqual(["one", "t.id"]);
});

test("columns that are called like key words are ordered by, and read in pages", async () => {
  const { query, diagnostics } = await analysed(
    `-- name: Q :many
-- @sort order | down: desc
-- @keyset
select s.from, s.id from (select c as from, a as order, b as desc, id from t) s order by s.order, s.desc desc, s.id limit @n;
`,
  );
  expect(diagnostics).toEqual([]);
  expect(query!.sql.orders).toEqual(["order", "down"]);
  expect(query!.sql.variants.map(({ text }) => /order by (.*) limit/.exec(text)![1])).toEqual(
    expect.arrayContaining([
      "s.order, s.id",
      "s.order desc nulls first, s.id desc nulls first",
      "s.desc desc, s.id",
      "s.desc nulls last, s.id desc nulls first",
    ]),
  );
});

test("@sort has names in quotes, whatever is in them", async () => {
  const from = `from (select id, a as "By: a|b, ""c""", b as "Upper Case", c from t) s
order by s."By: a|b, ""c""", s."Upper Case" desc, s.c, s.id`;
  const { query, diagnostics } = await analysed(
    `-- name: Q :many\n-- @sort "By: a|b, ""c""" | "by case": "Upper Case", c | c: s.c,s."Upper Case"\nselect s.id ${from};\n`,
  );
  expect(diagnostics).toEqual([]);
  expect(query!.sql.orders).toEqual(['By: a|b, "c"', "by case", "c"]);
  expect(query!.sql.variants.map(({ text }) => text.replace(/[\s\S]*\norder by /, ""))).toEqual([
    's."By: a|b, ""c""", s.id',
    's."By: a|b, ""c""" desc, s.id desc',
    's."Upper Case" desc, s.c, s.id',
    's."Upper Case", s.c desc, s.id desc',
    's.c, s."Upper Case" desc, s.id',
    's.c desc, s."Upper Case", s.id desc',
  ]);
});

test("the hint for a name of @sort is one that it takes", async () => {
  const sorted = (name: string): string =>
    `-- name: Q :many\n-- @sort c | b: ${name}\nselect s.id from (select id, b as "Upper Case", c from t) s order by s."Upper Case", s.c, s.id;\n`;
  const { diagnostics } = await analysed(sorted('"UpperCase"'));
  expect(diagnostics).toMatchObject([
    {
      code: "sort-unknown-item",
      message: 'ORDER BY has no item "UpperCase"',
      hint: 'Did you mean `"Upper Case"`?',
    },
  ]);
  expect((await analysed(sorted('"Upper Case"'))).diagnostics).toEqual([]);
});

/** `using` names the operator of an order. */
test.each([
  ["a using >", "a"],
  ["a using < nulls first", "a desc nulls first"],
  ["a using operator(pg_catalog.>) nulls last", "a nulls last"],
])("the other way round of %s is %s", async (item, reversed) => {
  const { query, diagnostics } = await analysed(
    `-- name: Q :many\n-- @sort a | b\nselect id from t order by ${item}, b, id;\n`,
  );
  expect(diagnostics).toEqual([]);
  const texts = query!.sql.variants.map(({ text }) => text.replace(/.* order by /, ""));
  expect(texts).toEqual([`${item}, id`, `${reversed}, id desc`, "b, id", "b desc, id desc"]);
});

test("more variants than can be prepared are stood for", async () => {
  const names = Array.from({ length: 14 }, (_, i) => `p${i}`);
  const where = names.map((name, i) => `${["a", "b", "id"][i % 3]} <> @${name}`).join(" and ");
  const { query, diagnostics } = await analysed(
    `-- name: Q :many\n-- @optional ${names.join(", ")}\nselect id from t where ${where};\n`,
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(["adaptive-too-many"]);
  expect(query!.sql.isComplete).toBe(false);
  expect(query!.sql.variants.length).toBe(16);
});

test("of more variants than can be prepared the one in which least is proven is among them", async () => {
  // NULL is delivered where both assignments are there and the condition is not.
  const { query } = await analysed(`-- name: Q :many
-- @optional p, q, r, s1, s2, s3, s4
with x as (update t set a = @p, c = c where id = @id and a > 0 returning a),
  y as (update u set note = @q, x = x where id = @id and note <> '' returning length(note) as b)
select coalesce(x.a, y.b, t.b) as z from x, y, t
where t.b > @r and t.id <> @s1 and t.id <> @s2 and t.id <> @s3 and t.id <> @s4;
`);
  expect(query!.sql.isComplete).toBe(false);
  expect(query!.columns.map(({ nullable }) => nullable)).toEqual([true]);
});

test.each([
  // NULL is delivered with @p and @q, and neither with one of them nor with all.
  `with x as (select v.n from (values (1)) v (n) where v.n > @p), y as (select v.n from (values (1)) v (n) where v.n > @q)
select coalesce((select n from x), (select n from y), t.b) as z from t where t.b > @r`,
  "update t set a = @p, b = @q, n = coalesce(@r, 1) where a > 0 and b > 0 and id > 0",
  "insert into t as o (id, a, b, c, arr) values (@id, 1, 1, 'x', '{}') on conflict (id) do update set a = @p, b = @q, n = coalesce(@r, 1) where o.a > 0 and o.b > 0",
])("of parts too many to ask all of them, any may be given: %#", async (sql) => {
  const rest = [1, 2, 3, 4].map((n) => ` and ${sql.startsWith("insert") ? "o" : "t"}.id <> @s${n}`).join("");
  const returning = sql.startsWith("with") ? "" : " returning coalesce(a, b, n) as z";
  const { query, diagnostics } = await analysed(
    `-- name: Q :many\n-- @optional p, q, r, s1, s2, s3, s4\n${sql}${rest}${returning};\n`,
  );
  expect(diagnostics).toEqual([]);
  expect(query!.sql.isComplete).toBe(false);
  expect(query!.columns.map(({ nullable }) => nullable)).toEqual([true]);
});

test.each([
  {
    sql: "select id from t order by case when @s::text = 'a' then a end, case when 'b' = @s then b end desc",
    variants: [
      "select id from t order by case when false then a end, case when false then b end desc",
      "select id from t order by case when true then a end, case when false then b end desc",
      "select id from t order by case when false then a end, case when true then b end desc",
    ],
  },
  {
    sql: "select id, case @s::varchar when 'it''s' then 1 else 2 end as n from t where c = @s",
    variants: [
      "select id, case when false then 1 else 2 end as n from t where c = ($1::character varying)",
      "select id, case when true then 1 else 2 end as n from t where c = ($1::character varying)",
    ],
  },
  {
    sql: "select id from t order by case when (not @x::bool and (@x or @s::text = 'a')) then a end",
    variants: [
      "select id from t order by case when (false and (false or false)) then a end",
      "select id from t order by case when (true and (false or false)) then a end",
      "select id from t order by case when (false and (true or false)) then a end",
      "select id from t order by case when (false and (false or true)) then a end",
      "select id from t order by case when (true and (false or true)) then a end",
      "select id from t order by case when (false and (true or true)) then a end",
    ],
  },
  {
    sql: "select id from t where case when @x::bool then case when @x then a = @a else b = 1 end else true end",
    variants: [
      "select id from t where case when false then case when false then a = $1 else b = 1 end else true end",
      "select id from t where case when true then case when true then a = $1 else b = 1 end else true end",
    ],
  },
  // With an order of @sort its ORDER BY stays, whatever else is asked for.
  {
    flags: "-- @sort a | b",
    sql: "select id, case when @x::bool then a end as n from t order by case when @x then id end, a, b",
    variants: [
      ["false", "a, case when $1 then id end"],
      ["false", "a desc, case when $1 then id end desc"],
      ["false", "b, case when $1 then id end"],
      ["false", "b desc, case when $1 then id end desc"],
      ["true", "a, case when $1 then id end"],
      ["true", "a desc, case when $1 then id end desc"],
      ["true", "b, case when $1 then id end"],
      ["true", "b desc, case when $1 then id end desc"],
    ].map(([is, order]) => `select id, case when ${is} then a end as n from t order by ${order}`),
  },
  ...[
    // Not all of what it can be is true or false of its text.
    "select case when @x::char(2) = 'a' then 1 end as n from t",
    "select case when @x::varchar(1) = 'a' then 1 end as n from t",
    "select case when @x::int::text = '1' then 1 end as n from t",
    "select case when @x::text = 'a' collate \"C\" then 1 end as n from t",
    "select case when @x::text > 'a' then 1 end as n from t",
    "select case when @x::text operator(pg_catalog.=) 'a' then 1 end as n from t",
    // NULL would make it something else.
    "select case when not (@x::text = 'a') then 1 end as n from t",
    "select case when (@x::text = 'a') is not true then 1 end as n from t",
    "select (@x::text = 'a') as n from t",
    "select case @x::text when 'a' then 1 when c then 2 end as n from t",
    "select case @x::bool when true then 1 end as n from t",
  ].map((sql) => ({ sql, variants: [] })),
])("CASE of arguments is decided before: $sql", async ({ sql, flags = "", variants }) => {
  expect((await variantsOf(sql, flags)).sort()).toEqual([...variants].sort());
});

test("a column that a flag asks for is NULL without it, and known with it", async () => {
  const flagsOf = async (sql: string) => (await analysed(`-- name: Q :many\n${sql};\n`)).query!;
  const asked = "select id, case when @x::bool then c end as c, case when @x then a end as a from t";
  const query = await flagsOf(asked);
  expect(query.columns.map(({ nullable }) => nullable)).toEqual([false, true, true]);
  expect(query.flags).toEqual([
    { param: 1, whereTrue: [null, true, null], whereFalse: [null, false, false] },
  ]);
  const either = "select case when not @x::bool then c when @x then c || a::text end as c from t";
  expect((await flagsOf(either)).flags).toEqual([{ param: 1, whereTrue: [null], whereFalse: [true] }]);
  expect((await flagsOf("select case when @x::bool then 1 else 2 end as n from t")).flags).toBeUndefined();
  // Of more than can be prepared no branch is forgotten.
  const names = Array.from({ length: 7 }, (_, i) => `@p${i}::bool`);
  const rare = `case when ${names[0]} and not ${names[1]} and ${names[2]} then a else 0 end as rare`;
  const many = await flagsOf(
    `select ${rare}, ${names.map((name, i) => `case when ${name} then c end as c${i}`).join(", ")}, case when not ${names[1]} then c end as d from t`,
  );
  expect([many.sql.isComplete, many.columns[0]!.nullable, many.flags]).toEqual([false, true, undefined]);
});

test("decided before it is sent, a condition says the same", async () => {
  const leaf = fc.constantFrom(
    ...[
      "a = 1",
      "b is null",
      "c like 'x%'",
      "a between 0 and 1",
      "id in (1, 2, 3, 5, 8)",
      "not (a = 1 or b = 0)",
    ],
    ...["case when a = 1 and b = 1 then true else c is null end", "exists (select from u where u.id = t.a)"],
  );
  const idiom = fc
    .tuple(
      fc.constantFrom("p", "q", "s"),
      fc.constantFrom(
        ...[
          "(@::int is null or a = @)",
          "(b > @ or @::int is null)",
          "(@::int is null or a = @ or c is null)",
        ],
        ...["not (@::int is null or b = @)", "((@::int is null) or (a = @ and id > 3))", "(@::int is null)"],
        ...["(@::int is null or exists (select from u where u.id = t.a and u.x = @))"],
      ),
    )
    .map(([name, text]) => text.replaceAll("@", `@${name}`));
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      idiom,
      leaf,
      fc.array(tie("condition"), { minLength: 2, maxLength: 3 }).map((all) => all.join(" and ")),
      fc
        .tuple(fc.constantFrom(" or ", " and "), fc.array(tie("condition"), { minLength: 2, maxLength: 3 }))
        .map(([word, all]) => `(${all.join(word)})`),
    ),
  }));
  let shorter = 0;
  await fc.assert(
    fc.asyncProperty(
      condition,
      fc.array(fc.option(fc.nat(2)), { minLength: 3, maxLength: 3 }),
      async (where, values) => {
        const { query } = await analysed(`-- name: Q :many\nselect id from t where ${where} order by id;\n`);
        if (query === null || query.sql.deciding.length === 0) return;
        const { deciding, variants, text } = query.sql;
        const args = query.params.map((_, i) => values[i] ?? null);
        const given = deciding.reduce(
          (bits, { number }, i) => (args[number - 1] === null ? bits : bits | (1 << i)),
          0,
        );
        const variant = variants.find((one) => one.given === given)!;
        const rows = async (sql: string, numbers: readonly number[]): Promise<unknown> => {
          const head = numbers.map(() => "int").join(", ");
          const execute = numbers.map((number) => args[number - 1] ?? "null").join(", ");
          return engine.run(
            `deallocate all; prepare q${head && `(${head})`} as ${sql}; execute q${execute && `(${execute})`}`,
          );
        };
        if (variant.text.length < text.length) shorter++;
        const whole = await rows(
          text,
          query.params.map(({ number }) => number),
        );
        expect([where, await rows(variant.text, variant.params)]).toEqual([where, whole]);
      },
    ),
    { numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 60) },
  );
  expect(shorter).toBeGreaterThan(10);
});
