import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { rightsOf } from "../../src/check/grants/rights.ts";
import { grantsFor } from "../../src/check/grants/statements.ts";
import type { Query } from "../../src/model/query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
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

test("a version that has MAINTAIN locks with it", async () => {
  expect(await grants("lock table numbered", 17)).toEqual(['maintain on "public"."numbered"']);
  expect(await grants("refresh materialized view totals", 17)).toEqual(['maintain on "public"."totals"']);
  expect(await grants("refresh materialized view totals", 16)).toEqual([]);
});

test("a role that queries name gets what these need; one that none names, what the others do", () => {
  const query = (comments: string[], table: string) =>
    ({
      comments,
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
