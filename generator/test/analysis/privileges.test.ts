import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { rightsOf } from "../../src/check/grants/rights.ts";
import { grantsFor } from "../../src/check/grants/statements.ts";
import type { Privilege, Query } from "../../src/model/query.ts";
import { shippedBuiltins } from "../../src/postgres/builtins.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { source } from "../infer/query-source.ts";

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
  await engine.run(`
    create table customer (id serial primary key, name text not null, secret text, age int generated always as (1) stored);
    create table "Odd ""one""" (a int, "B" int);
    create view named as select id, name from customer;
    create view adults with (security_invoker = true) as select id, name from customer where age >= 18;
    create view shown as select id from adults;
    create view grown with (security_invoker = true) as select id from adults;
    create function answer() returns int language sql return 42;
    create function hidden() returns int language sql return 42;
    revoke execute on function hidden() from public;
    create table whole (id int primary key); create table part (id int primary key, whole int references whole);
    create table parts_part (part int references part);
    create materialized view totals as select 1 as n;
    create procedure tidy(n int) language sql as 'select 1'; revoke execute on procedure tidy(int) from public;
    create schema other; create sequence other.plain; create sequence other."A b";
    create function positive(n int) returns bool language plpgsql as 'begin return n > 0; end'; revoke execute on function positive(int) from public;
    create domain amount as int check (positive(value)); create type pair as (a amount, b int);
    create function twice(n int default hidden()) returns int language sql return 2 * n;
    create schema inner_one; create table inner_one.kept (id serial, v int);
    create function inner_one.deep(x int) returns int language sql return x + hidden();
    create function reads() returns int language sql stable begin atomic select max(v) from inner_one.kept; end;
    create function writes(x int) returns int language sql as 'insert into inner_one.kept (v) values (inner_one.deep(x)); select reads()';
    create function owners() returns int language sql security definer begin atomic select max(v) from inner_one.kept; end;
    create function loops(x int) returns int language sql return x;
    create or replace function loops(x int) returns int language sql return case when x > 0 then loops(x - 1) else reads() end;
    create function gives() returns amount language plpgsql as 'begin return 1; end';
    create function owner_gives() returns amount language plpgsql security definer as 'begin return 1; end';
    create function gives_rows() returns table (a amount, b int) language plpgsql as 'begin return next; end';
    create procedure takes(x amount, inout y int) language sql begin atomic select y + reads(); end;
    create view called as select id, reads() as r from customer;
    create view inner_view with (security_invoker = true) as select v from inner_one.kept;
    create table numbered (a int, n bigint default nextval('other.plain'), h int default hidden(), i int generated always as identity);
  `);
  catalog = catalogReader(engine);
});
afterAll(() => engine.close());

/** The grants for one query, without the revocations before them. */
async function grants(text: string, targetVersion: number | null = null): Promise<string[]> {
  const result = await analyzeQuery({ ...source(text), command: ":exec" }, engine, catalog);
  if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
  const relations = (await catalog.userRelations()).map(({ oid, schema, name, columns }) => ({
    oid,
    schema,
    name,
    kind: "table" as const,
    rowType: 0,
    comment: null,
    partitionOf: null,
    columns: [...columns.values()].map((c) => ({
      ...c,
      nullable: true,
      generated: c.generated !== null,
      values: null,
    })),
  }));
  const rights = rightsOf("app", [
    { schemas: [], catalog: { relations }, queries: [result.query], targetVersion },
  ]);
  const sql = grantsFor("app", rights);
  return Array.from(sql.matchAll(/^(?:do.*')?grant (?!usage on schema)(.*) to "app"/gm), (m) => m[1] ?? "");
}

test("below a view, one of who asks has what is below it written with the rights of who asks", async () => {
  const given = await grants("update shown set id = 2");
  expect(given).toContain('update ("id") on "public"."shown"');
  expect(given).toContain('update ("id") on "public"."customer"');
  expect(given.filter((one) => one.startsWith("update"))).toHaveLength(2);
});

test.each([
  ["select name from customer where id = 1", ['select ("id", "name") on "public"."customer"']],
  ["select c from customer c", ['select ("age", "id", "name", "secret") on "public"."customer"']],
  ["select xmin, name from customer", ['select ("name", "xmin") on "public"."customer"']],
  // Any column will do: the last that somebody writes gives away least.
  ["select count(*) from customer", ['select ("secret") on "public"."customer"']],
  // What such a view reads is read with the rights of whoever asks, however deep.
  [
    "select id from grown",
    [
      'select ("id") on "public"."adults"',
      'select ("age", "id", "name") on "public"."customer"',
      'select ("id") on "public"."grown"',
    ],
  ],
  ["select name from named", ['select ("name") on "public"."named"']],
  [
    "insert into customer (name) values ('a') returning id",
    [
      'select ("id") on "public"."customer"',
      'insert ("name") on "public"."customer"',
      "usage on sequence public.customer_id_seq",
    ],
  ],
  ["insert into customer (id, name) values (1, 'a')", ['insert ("id", "name") on "public"."customer"']],
  [
    "insert into customer (id, name) values (1, 'a') on conflict (id) do update set name = excluded.name",
    [
      'select ("id", "name") on "public"."customer"',
      'insert ("id", "name") on "public"."customer"',
      'update ("name") on "public"."customer"',
    ],
  ],
  [
    'with gone as (delete from customer where id = 1 returning name) update "Odd ""one""" set "B" = 1',
    [
      'update ("B") on "public"."Odd ""one"""',
      'select ("id", "name") on "public"."customer"',
      'delete on "public"."customer"',
    ],
  ],
  [
    "select name from customer for update",
    ['select ("name") on "public"."customer"', 'update ("secret") on "public"."customer"'],
  ],
  [
    "select nextval('other.\"A b\"'), currval('other.plain')",
    ['usage on sequence other."A b"', "usage on sequence other.plain"],
  ],
  ["select setval('other.plain', 3), setval('other.plain', 3, true)", ["update on sequence other.plain"]],
  [
    "insert into numbered (a) values (1)",
    [
      'insert ("a") on "public"."numbered"',
      "execute on function public.hidden()",
      "usage on sequence other.plain",
    ],
  ],
  ["insert into numbered (a, n, h) values (1, 2, 3)", ['insert ("a", "h", "n") on "public"."numbered"']],
  ["select answer(), hidden()", ["execute on function public.hidden()"]],
  // What stands within another statement needs what it needs by itself.
  ["explain (costs off) select name from customer", ['select ("name") on "public"."customer"']],
  ["explain analyze verbose delete from parts_part", ['delete on "public"."parts_part"']],
  ["create temp table kept as select hidden() as h with data", ["execute on function public.hidden()"]],
  [
    "declare c no scroll cursor for select name from customer for update",
    ['select ("name") on "public"."customer"', 'update ("secret") on "public"."customer"'],
  ],
  ["prepare one (int) as delete from parts_part", ['delete on "public"."parts_part"']],
  [
    "call tidy(n => hidden() + (array[1])[1])",
    ["execute on function public.hidden()", "execute on procedure public.tidy(integer)"],
  ],
  ["select twice()", ["execute on function public.hidden()"]],
  ["select twice(1)", []],
  // PostgreSQL tells the tree of what the domain executes, too, while it reads these.
  ["select '{1}'::amount[]", ["execute on function public.positive(integer)"]],
  ["select '(2,2)'::pair", ["execute on function public.positive(integer)"]],
  ["select 1::amount", ["execute on function public.positive(integer)"]],
  ["select $1::amount", ["execute on function public.positive(integer)"]],
  ["select pg_reload_conf()", ["execute on function pg_catalog.pg_reload_conf()"]],
  ["select pg_backend_pid(), oid from pg_class", []],
  [
    "select rolname, rolpassword from pg_authid",
    ['select ("rolname", "rolpassword") on "pg_catalog"."pg_authid"'],
  ],
  [
    "select subname, subconninfo from pg_subscription",
    ['select ("subconninfo") on "pg_catalog"."pg_subscription"'],
  ],
  ["truncate numbered", ['truncate on "public"."numbered"']],
  [
    'truncate "Odd ""one""", public.numbered',
    ['truncate on "public"."Odd ""one"""', 'truncate on "public"."numbered"'],
  ],
  // What refers to it is emptied with it, and what refers to that.
  [
    "truncate whole cascade",
    ['truncate on "public"."part"', 'truncate on "public"."parts_part"', 'truncate on "public"."whole"'],
  ],
  ["lock table numbered in access share mode", ['select on "public"."numbered"']],
  ["lock table numbered in row exclusive mode", ['insert on "public"."numbered"']],
  ["lock table numbered", ['update on "public"."numbered"']],
  ["refresh materialized view totals", ['maintain on "public"."totals"']],
  ["call tidy(1)", ["execute on procedure public.tidy(integer)"]],
])("%s", async (sql, expected) => {
  expect(await grants(sql)).toEqual(expected);
});

/** What a statement asks for itself, and what the bodies of functions do that it calls. */
async function asked(text: string): Promise<{ readonly itself: string[]; readonly within: string[] }> {
  const result = await analyzeQuery({ ...source(text), command: ":exec" }, engine, catalog);
  if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
  const shown = (all: readonly Privilege[] = []): string[] =>
    all.map((one) => {
      if (!("table" in one)) return `${one.kind} ${one.object}`;
      const { kind, schema, table, columns, isBehind, isOnly } = one;
      return `${kind} ${schema}.${table} (${columns.join()})${isBehind ? " behind" : ""}${isOnly ? " only" : ""}`;
    });
  return { itself: shown(result.query.privileges), within: shown(result.query.privilegesWithin) };
}

const USES = "usage on schema public";
const READS = "select inner_one.kept (v) behind";

test.each<readonly [sql: string, itself: string[], within: string[]]>([
  ["select answer()", [USES], []],
  ["select reads()", [USES], [READS]],
  // Names in a body that was written as a text are looked up when it runs.
  [
    "select writes(1)",
    [USES],
    [
      "insert inner_one.kept (v)",
      READS,
      "usage on sequence inner_one.kept_id_seq",
      'usage on schema "inner_one"',
      'usage on schema "public"',
      "execute on function public.hidden()",
    ],
  ],
  ["select owners()", [USES], []],
  ["select loops(3)", [USES], [READS]],
  ["select r from called", ["select public.called (r)"], [READS]],
  ["select id from called", ["select public.called (id)"], []],
  ["select gives()", ["execute on function public.positive(integer)", USES], []],
  ["select owner_gives()", [USES], []],
  ["select b from gives_rows()", ["execute on function public.positive(integer)", USES], []],
  ["call takes(1, 2)", [USES, "execute on function public.positive(integer)"], [READS]],
  ["explain select reads()", [USES], [READS]],
  ["select v from inner_view", ["select public.inner_view (v)", READS], []],
  [
    "select i.v from inner_view i, inner_one.kept k",
    ["select public.inner_view (v)", "select inner_one.kept (v)"],
    [],
  ],
  ["update only part set whole = 1", ["update public.part (whole) only"], []],
  ["update part set whole = 1", ["update public.part (whole)"], []],
  [
    "with one as (update only part set whole = 1) update part set id = 2",
    ["update public.part (id,whole)"],
    [],
  ],
  ["delete from only part", ["delete public.part () only"], []],
  [
    "insert into part (id) values (1) on conflict (id) do update set whole = 1",
    ["insert public.part (id)", "update public.part (whole)", "select public.part (id)"],
    [],
  ],
  ["truncate numbered restart identity", ["truncate public.numbered ()", "own public.numbered ()"], []],
  ["truncate whole restart identity", ["truncate public.whole ()"], []],
])("%s asks for what its functions do", async (sql, itself, within) => {
  const found = await asked(sql);
  const plain = (all: readonly string[]): string[] => all.map((one) => one.replaceAll('"', "")).toSorted();
  expect(plain(found.itself)).toEqual(plain(itself));
  expect(plain(found.within)).toEqual(plain(within));
});

test("rights that a schema takes from anyone on PostgreSQL's own functions are known, and kept", async () => {
  const own = await EmbeddedEngine.start();
  try {
    await own.run(
      "revoke execute on function lower(text) from public; grant execute on function pg_reload_conf() to public",
    );
    const reader = catalogReader(own);
    const kept = await reader.prefetch();
    for (const one of [reader, new CatalogReader(own, { builtins: await shippedBuiltins(), user: kept })]) {
      await one.ensureFunctions([870, 2621]);
      expect(one.function(870)?.restricted).toBe("pg_catalog.lower(text)");
      expect(one.function(2621)?.restricted).toBeNull();
    }
  } finally {
    await own.close();
  }
});

test("a version that has MAINTAIN locks with it", async () => {
  expect(await grants("lock table numbered", 17)).toEqual(['maintain on "public"."numbered"']);
  expect(await grants("refresh materialized view totals", 17)).toEqual(['maintain on "public"."totals"']);
  expect(await grants("refresh materialized view totals", 16)).toEqual([]);
});

test("a role that queries name gets what these need; one that none names, what the others do", () => {
  const query = (comments: string[], table: string) =>
    ({
      comments,
      sql: { text: "" },
      params: [],
      privileges: [{ kind: "delete", schema: "public", table, columns: [] }],
    }) as unknown as Query;
  const queries = [query(["Takes jobs.", "@role worker"], "jobs"), query([], "customer")];
  const granted = (role: string) =>
    grantsFor(
      role,
      rightsOf(role, [{ schemas: [], catalog: { relations: [] }, queries, targetVersion: null }]),
    ).match(/delete on \S+/g);
  expect(granted("worker")).toEqual(['delete on "public"."jobs"']);
  expect(granted("app")).toEqual(['delete on "public"."customer"']);
});
