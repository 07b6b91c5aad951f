import { byHand } from "../../../src/check/schema/report/by-hand.ts";
import { renderDiff } from "../../../src/check/schema/report/text.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start(["citext", "hstore"]);
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

const SERVER = "create foreign data wrapper dummy; create server far foreign data wrapper dummy;";
const FAMILY = "create operator family fam using btree;";

test.each([
  [
    "a foreign table's columns",
    `${SERVER} create foreign table f (a int) server far;`,
    "alter foreign table f alter a type bigint;",
    "foreign table:public.f",
  ],
  [
    "who is whom on a foreign server",
    `${SERVER} create user mapping for public server far;`,
    "alter user mapping for public server far options (add a 'b');",
    "server:far",
  ],
  [
    "the wrapper of a server",
    `create foreign data wrapper other; ${SERVER}`,
    "drop server far; create server far foreign data wrapper other;",
    "server:far",
  ],
  [
    "an operator family's members",
    FAMILY,
    "alter operator family fam using btree add operator 1 < (int, bigint);",
    "operator family:public.fam USING btree",
  ],
  [
    "the function of a cast",
    `${TYPES} ${FUNCTION} create function hot(c celsius) returns kelvin language sql as 'select null::kelvin'; create cast (celsius as kelvin) with function warm(celsius);`,
    "drop cast (celsius as kelvin); create cast (celsius as kelvin) with function hot(celsius);",
    "cast:(public.celsius AS public.kelvin)",
  ],
])("%s: told where another catalog has it, or a number", async (_, base, change, told) => {
  const { changes, migration } = await bench.diff(base, [base, change]);
  const [kind = "", identity] = told.split(/:(.*)/s);
  expect(changes).toMatchObject([{ change: "changed", kind: "other", identity }]);
  expect(migration!.unsupported).toMatchObject([{ kind: "other", identity, properties: { type: kind } }]);
});

test("what has the name of another kind of object is told apart from it", async () => {
  const search = (dictionary: string, more = ""): string =>
    `create text search dictionary same (template = ${dictionary}); create text search configuration same (copy = simple); ${more}`;
  const { changes } = await bench.diff(search("simple"), search("snowball, language = english"));
  expect(changes.map(({ before, after }) => [before?.key, after?.key])).toEqual([
    ["other:text search dictionary public.same", "other:text search dictionary public.same"],
  ]);
  // The family of an operator class has its name.
  const operators = (which: string): string =>
    `create operator class own for type int4 using hash as operator 1 =, function 1 hashint4(int4)${which};`;
  const classes = await bench.diff(operators(""), operators(", function 2 hashint4extended(int4, int8)"));
  expect(classes.changes.map(({ identity, after }) => [identity, after?.key.split(" own")[0]])).toEqual([
    ["public.own USING hash", expect.stringMatching(/^other:operator family public\.own/)],
  ]);
});

test.each([
  ["an operator", "operator ===(int, text)"],
  ["a cast", "cast (celsius as kelvin)"],
  ["a text search configuration", "text search configuration plain"],
  ["a foreign server", "server far"],
  ["a foreign data wrapper", "foreign data wrapper dummy"],
  ["an operator family", "operator family fam using btree"],
])("a comment on %s is written, though the object itself is not", async (_, name) => {
  const base = `${TYPES} ${FUNCTION} ${SERVER} ${FAMILY} create text search configuration plain (copy = simple);
    create cast (celsius as kelvin) with function warm(celsius);
    create function same(a int, b text) returns boolean language sql as 'select true'; create operator === (leftarg = int, rightarg = text, function = same);`;
  const { migration } = await bench.diff(base, [base, `comment on ${name} is 'it'`]);
  expect(migration!.unsupported).toEqual([]);
  expect(migration!.statements).toHaveLength(1);
});

test("who may use what no migration is written for is compared and written", async () => {
  const base = `${SERVER} create foreign table f (a int) server far;`;
  const { migration } = await bench.diff(base, [
    base,
    "grant usage on foreign data wrapper dummy to public; grant usage on foreign server far to public; grant select on f to public;",
  ]);
  expect(migration!.statements.map(({ sql }) => sql)).toEqual([
    "grant usage on foreign data wrapper dummy to public",
    "grant usage on foreign server far to public",
    "grant select on table public.f to public",
  ]);
});

test.each([
  [
    "by which partitions are chosen",
    "create table t (at int) partition by range (at);",
    "create table t (at bigint) partition by range (at);",
    "column:public.t.at",
  ],
  [
    "by which partitions of a table of a type are chosen, where it has another place",
    "create type pair as (a int, b int); create table pairs of pair partition by range (a);",
    "create type pair as (b int, a int); create table pairs of pair partition by range (a);",
    "table:public.pairs",
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
  expect(byHand(migration!.unsupported[0]!)).toMatch(
    /^(?:PostgreSQL changes and moves no column that partitions|What it is made with)/,
  );
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

test("a membership is granted once, whoever granted it, with its option", async () => {
  const roles = `create role lets_in createrole; create role inside; create role member;
    grant inside to lets_in with admin option;`;
  const twice = `${roles} grant inside to member; set role lets_in; grant inside to member; reset role;`;
  const without = `create role lets_in createrole; create role inside; create role member; grant inside to lets_in;`;
  const written = async (base: string, head: string): Promise<string[]> => {
    const { migration } = await bench.diff(base, head);
    return migration!.statements.map(({ sql }) => sql).filter((sql) => /^(?:grant|revoke)/.test(sql));
  };
  expect(await written("", twice)).toEqual([
    "grant inside to lets_in with admin option",
    "grant inside to member",
  ]);
  expect(await written(roles, twice)).toEqual(["grant inside to member"]);
  expect(await written(roles, without)).toEqual(["revoke admin option for inside from lets_in"]);
  expect(await written(without, roles)).toEqual(["grant inside to lets_in with admin option"]);
  expect(await written(roles, without.replace(/grant.*/, ""))).toEqual(["revoke inside from lets_in"]);
});

describe("an extension that PostgreSQL moves to no other schema", () => {
  const made = (schema: string, rest: string): string =>
    `create schema a; create schema b; create extension citext schema ${schema};
     update pg_extension set extrelocatable = false where extname = 'citext'; ${rest}`;

  test("is made anew there, with what can be", async () => {
    const views = "create view v as select 'A'::text::$.citext as t; comment on extension citext is 'ours';";
    const { migration } = await bench.diff(
      ...([made("a", views.replace("$", "a")), made("b", views.replace("$", "b"))] as const),
    );
    expect(migration!.unsupported).toEqual([]);
    expect(migration!.statements.map(({ sql }) => sql.split("\n")[0])).toEqual([
      "drop view public.v",
      "drop extension citext",
      "create extension if not exists citext with schema b",
      "comment on extension citext is 'ours'",
      "create view public.v as",
    ]);
  });

  test("is made anew where something that it brought was put elsewhere", async () => {
    const at = (schema: string, more = ""): string =>
      `create schema a; create schema b; create schema "C"; create extension hstore schema ${schema}; ${more}`;
    for (const [from, to] of [
      ["a", "b"],
      ['"C"', "a"],
    ] as const) {
      const { migration } = await bench.diff(
        at(from, `alter function ${from}.hstore(text, text) set schema public;`),
        at(to),
      );
      expect(migration!.unsupported).toEqual([]);
      const written = migration!.statements.map(({ sql }) => sql);
      expect(written.filter((sql) => !sql.startsWith("comment "))).toEqual([
        "drop extension hstore",
        `create extension if not exists hstore with schema ${to}`,
      ]);
    }
    // Where nothing was, it is moved, whatever its schema is called.
    const moved = await bench.diff(at('"C"'), at("a"));
    expect(moved.migration!.statements.map(({ sql }) => sql)).toEqual([
      "alter extension hstore set schema a",
    ]);
  });

  test("is told where columns have its types", async () => {
    const diff = await bench.diff(
      made("a", "create table t (id int, a a.citext);"),
      made("b", "create table t (id int, a b.citext);"),
    );
    expect(diff.migration!.statements).toEqual([]);
    expect(diff.migration!.unsupported.map(({ key }) => key)).toEqual(["extension:citext"]);
    expect(byHand(diff.migration!.unsupported[0]!)).toMatch(/^PostgreSQL moves it to no other schema/);
  });
});
