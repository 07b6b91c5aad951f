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

test("a table of a type that gets other attributes is told", async () => {
  const typed = (attributes: string): string =>
    `create type pair as (${attributes}); create table pairs of pair;`;
  const { migration } = await bench.diff(typed("a int"), typed("a int, b int"));
  expect(migration).toMatchObject({ statements: [], unsupported: [{ key: "table:public.pairs" }] });
});

test.each([
  [
    "inside of another type",
    "create type outer_pair as (p pair); create table t (o outer_pair);",
    "attribute:public.pair.a",
  ],
  [
    "through a domain",
    "create domain good_pair as pair; create table t (p good_pair);",
    "attribute:public.pair.a",
  ],
  [
    "beside another type",
    "create type outer_pair as (p pair); create table t (p pair);",
    "attribute:public.outer_pair.p",
  ],
])("a composite type that a column holds %s cannot be changed, and says which", async (_, rest, stuck) => {
  const base = `create type pair as (a int, b int); ${rest}`;
  const { migration } = await bench.diff(base, base.replace("a int", "a bigint"));
  expect(migration!.unsupported.map(({ key }) => key)).toEqual([stuck]);
});

test.each([
  ["a domain", "create domain word as text collate sorted; create table t (w word);", "domain:public.word"],
  ["a table's partitions", "create table t (w text collate sorted) partition by list (w);", "table:public.t"],
])("a collation that %s rests on cannot be changed, and says which", async (_, rest, stuck) => {
  const base = `create collation sorted (provider = icu, locale = 'en'); ${rest}`;
  const { migration } = await bench.diff(base, base.replace("'en'", "'de'"));
  expect(migration!.unsupported.map(({ key }) => key)).toEqual([stuck]);
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
