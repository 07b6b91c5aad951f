import { analyzeQuery } from "../generator/src/analysis/analyze-query.ts";
import { SYSTEM_COLUMNS } from "../generator/src/analysis/system-columns.ts";
import { versionOfDump } from "../generator/src/analysis/target-version.ts";
import { CatalogReader } from "../generator/src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../generator/src/postgres/pglite.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { readQueries } from "../generator/src/source/queries.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

let database: TestDatabase;
let server: ServerEngine;
let embedded: EmbeddedEngine;
beforeAll(async () => {
  database = await createDatabase();
  server = await ServerEngine.start(database.url);
  embedded = await EmbeddedEngine.start();
  await embedded.run("create table own (id int primary key, total_vacuum_time int, n text)");
  await server.run("create table own (id int primary key, total_vacuum_time int, n text)");
});
afterAll(async () => {
  await embedded?.close();
  await server?.close();
  await database?.drop();
});

async function analyzed(sql: string, target: number | null) {
  const { queries } = readQueries("q.sql", `-- name: Q :many\n${sql};\n`);
  return analyzeQuery(queries[0]!, embedded, new CatalogReader(embedded), undefined, target);
}

/** All of PostgreSQL's own that differ, and some that do not. */
const RELATIONS = [
  ...new Set([...Object.keys(SYSTEM_COLUMNS[16]!.added), ...Object.keys(SYSTEM_COLUMNS[16]!.removed)]),
  "pg_catalog.pg_namespace",
  "information_schema.columns",
];

test.each(RELATIONS)(
  "a star over %s is what a real 16 can run, with the types that it gives",
  async (relation) => {
    const result = await analyzed(`select * from ${relation}`, 16);
    if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
    const { sql, columns } = result.query;
    const there = await server.describe(sql.text);
    expect(there.columns.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    expect(there.columns.map(({ type }) => type)).toEqual(columns.map(({ type }) => type));
    const star = await server.describe(`select * from ${relation}`);
    const lost = new Set(SYSTEM_COLUMNS[16]!.removed[relation] ?? []);
    expect(columns.map(({ name }) => name).sort()).toEqual(
      star.columns.flatMap(({ name }) => (lost.has(name) ? [] : [name])).sort(),
    );
  },
);

test.each([
  "select s.*, o.* from pg_stat_user_tables s join own o on o.id = s.relid::int where o.n = @n",
  "select o.*, sqlc.embed(o), d.* from own o, pg_stat_database d where d.datname = @n and o.n = @n",
])("beside a table of one's own: %s", async (text) => {
  const result = await analyzed(text, 16);
  if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
  const there = await server.describe(result.query.sql.text);
  expect(there.columns.map(({ name }) => name)).toEqual(result.query.columns.map(({ name }) => name));
  expect(result.query.sql.text).toMatch(/o\.total_vacuum_time/);
});

test("without a target, or with 18, it is what 18 has", async () => {
  for (const target of [null, 18]) {
    const result = await analyzed("select * from pg_stat_database", target);
    expect("query" in result && result.query.sql.text).toContain("parallel_workers_launched");
  }
});

test("an error behind a star that was narrowed stands at its place; a column of the target's alone is told", async () => {
  const result = await analyzed("select checkpoints_timed from pg_stat_bgwriter", 16);
  expect(result.diagnostics?.[0]?.hint).toMatch(
    /^PostgreSQL 16 has pg_stat_bgwriter\.checkpoints_timed, and 18/,
  );
});

test("what is newer than the target is told, at its place; where the target has it, nothing is", async () => {
  const text = "update own set n = @n returning old.n as before, uuidv7() as u";
  const result = await analyzed(text, 16);
  expect("query" in result && result.diagnostics).toEqual(
    ["uuidv7()", "OLD and NEW in RETURNING"].map((name) =>
      expect.objectContaining({
        code: "query-newer-than-target",
        severity: "warning",
        message: `${name} needs PostgreSQL 18, and the target is 16`,
      }),
    ),
  );
  for (const target of [null, 18]) expect((await analyzed(text, target)).diagnostics).toEqual([]);
});

test("a dump says which version it was made from", () => {
  expect(
    versionOfDump([{ text: "create table t ();" }, { text: "--\n-- Dumped from database version 16.14\n" }]),
  ).toBe(16);
  expect(versionOfDump([{ text: "" }])).toBeNull();
});
