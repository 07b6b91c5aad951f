import { byHand } from "../../../src/check/schema/report/by-hand.ts";
import { renderDiff } from "../../../src/check/schema/report/text.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterAll(() => bench.close());

const TYPES = "create type celsius as (degrees int); create type kelvin as (degrees int);";
const FUNCTION =
  "create function warm(c celsius) returns kelvin language sql as 'select row(c.degrees + 273)::kelvin';";

test.each([
  [
    "an operator",
    "create function same(a int, b text) returns boolean language sql as 'select true'; create operator === (leftarg = int, rightarg = text, function = same);",
    "operator public.===(integer,pg_catalog.text)",
  ],
  [
    "a cast",
    `${TYPES} ${FUNCTION} create cast (celsius as kelvin) with function warm(celsius);`,
    "cast (public.celsius AS public.kelvin)",
  ],
  [
    "a publication",
    "create table t (id int primary key); create publication changes for all tables;",
    "publication changes",
  ],
  [
    "a text search configuration",
    "create text search configuration plain (copy = simple);",
    "text search configuration public.plain",
  ],
  [
    "a foreign server",
    "create foreign data wrapper dummy; create server far foreign data wrapper dummy;",
    "server far",
  ],
])("%s is told, and no migration is written that would lack it", async (_, head, told) => {
  const diff = await bench.diff("", head);
  expect(renderDiff(diff, { color: false })).toContain(`+ ${told}`);
  expect(diff.migration!.statements).toEqual([]);
  expect(diff.migration!.unsupported.length).toBeGreaterThan(0);
  // Two databases number their objects differently, and that is no difference.
  expect(
    (await bench.diff(`create table first (id serial); ${head}; drop table first`, head)).changes,
  ).toEqual([]);
});

test.each([
  [
    "of a table of a type that converts only when told how",
    "create type pair as (a text); create table pairs of pair;",
    "create type pair as (a int); create table pairs of pair;",
    "column:public.pairs.a",
  ],
  [
    "of a table of a type whose attributes are put in another order",
    "create type pair as (a int, b int); create table pairs of pair;",
    "create type pair as (b int, a int); create table pairs of pair;",
    "table:public.pairs",
  ],
  [
    "by which partitions are chosen",
    "create table t (at int) partition by range (at);",
    "create table t (at bigint) partition by range (at);",
    "column:public.t.at",
  ],
  [
    "of an enum by which partitions are chosen",
    "create type k as enum ('a', 'b'); create table t (at k) partition by list ((at));",
    "create type k as enum ('a'); create table t (at k) partition by list ((at));",
    "column:public.t.at",
  ],
  [
    "of a range of rows",
    "create type pair as (a int); create type pairs as range (subtype = pair); create table t (p pairs);",
    "create type pair as (a bigint); create type pairs as range (subtype = pair); create table t (p pairs);",
    "range type:public.pairs",
  ],
  [
    "of a domain whose rule asks a function of the type under it",
    "create domain d as int; create function f(d) returns boolean language sql as 'select true'; create domain e as d check (f(value)); create table t (e e);",
    "create domain d as bigint; create function f(d) returns boolean language sql as 'select true'; create domain e as d check (f(value)); create table t (e e);",
    "domain:public.e",
  ],
])("a column %s is not changed, and it is told by what", async (_, base, head, stuck) => {
  const { migration } = await bench.diff(base, head);
  expect(migration!.statements).toEqual([]);
  expect(migration!.unsupported.map(({ key }) => key)).toContain(stuck);
  expect(byHand(migration!.unsupported[0]!)).toMatch(/^(?:PostgreSQL changes no|What it is made with)/);
});

test("what there are no statements for is said in PostgreSQL's words", async () => {
  const head = "create foreign data wrapper another;";
  const { migration } = await bench.diff("", head);
  expect(migration!.unsupported.map(byHand)).toEqual([
    "Write `drop foreign data wrapper …` and `create foreign data wrapper …` by hand, in a migration of its own.",
  ]);
});

test("a collation that a table's partitions rest on cannot be changed, and says which", async () => {
  const base =
    "create collation sorted (provider = icu, locale = 'en'); create table t (w text collate sorted) partition by list (w);";
  const { migration } = await bench.diff(base, base.replace("'en'", "'de'"));
  expect(migration!.unsupported.map(({ key }) => key)).toEqual(["column:public.t.w", "table:public.t"]);
});

test("roles that the schema takes as given are made nowhere; its own are, where the server lacks them", async () => {
  const given = await bench.diff(
    "create table t (id int);",
    "create table t (id int); grant select on t to reporting;",
  );
  expect(given.migration!.statements.map(({ sql }) => sql)).toEqual([
    "grant select on table public.t to reporting",
  ]);
  const own = await bench.diff(
    "",
    "create role reporting login; create schema reports authorization reporting;",
  );
  expect(own.migration!.statements.map(({ sql }) => sql)).toEqual([
    expect.stringMatching(/if not exists[\s\S]*create role reporting with .*\blogin\b/),
    "create schema reports",
    "alter schema reports owner to reporting",
  ]);
});
