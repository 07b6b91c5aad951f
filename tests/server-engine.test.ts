import { jest } from "@jest/globals";
import { analyzeQuery } from "../generator/src/analysis/analyze-query.ts";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import { CatalogReader } from "../generator/src/postgres/catalog-reader.ts";
import { PostgresError } from "../generator/src/postgres/engine.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
import { readQueries } from "../generator/src/source/queries.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

test("the server is left as it was: neither the database nor a role stays", async () => {
  const state = async (): Promise<unknown> =>
    (
      await database.pool.query(
        "select datname as name from pg_database where datname like 'solitude_gen%' and split_part(datname, '_', 3) = $1::text union all select rolname from pg_roles where rolname like 'of\\_the\\_engine%'",
        [process.pid],
      )
    ).rows;
  const engine = await ServerEngine.start(database.url);
  const text = 'create role of_the_engine; create table t (); grant select on t to "of_the_engine too";';
  const problems = await applySchema(engine, [{ path: "1.sql", text }]);
  expect(problems.map(({ code }) => code)).toEqual(["schema-provided"]);
  expect(await state()).toHaveLength(3);
  await engine.close();
  expect(await state()).toEqual([]);
});

test("what keeps a database beyond its sessions goes with it", async () => {
  const engine = await ServerEngine.start(database.url);
  const [{ name } = {}] = await engine.run("select current_database() as name");
  await engine.run("create publication p for all tables");
  await engine.run(
    "create subscription s connection 'host=127.0.0.1 port=1' publication p with (connect = false)",
  );
  await engine.close();
  const { rows } = await database.pool.query("select from pg_database where datname = $1", [name]);
  expect(rows).toEqual([]);
});

test("texts are stored and sorted as in the database that is named", async () => {
  const ascii = `solitude_gen_ascii_${process.pid}`;
  await database.pool.query(
    `create database ${ascii} template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'`,
  );
  try {
    const url = new URL(database.url);
    url.pathname = ascii;
    const engine = await ServerEngine.start(url.href);
    const rows = await engine.run(
      "select pg_encoding_to_char(encoding) as encoding, datcollate, datctype from pg_database where datname = current_database()",
    );
    await engine.close();
    expect(rows).toEqual([{ encoding: "SQL_ASCII", datcollate: "C", datctype: "C" }]);
  } finally {
    await database.pool.query(`drop database ${ascii}`);
  }
});

test("engines that are started at the same moment have databases of their own", async () => {
  jest.spyOn(Date, "now").mockReturnValue(Date.now());
  const engines = await Promise.all(Array.from({ length: 5 }, () => ServerEngine.start(database.url)));
  jest.restoreAllMocks();
  const names = await Promise.all(engines.map((engine) => engine.run("select current_database() as name")));
  expect(new Set(names.map(([row]) => row?.name)).size).toBe(5);
  await Promise.all(engines.map((engine) => engine.close()));
});

test("a literal within JSON is read as a text, whatever types the schema has", async () => {
  const engine = await ServerEngine.start(database.url);
  try {
    const reader = new CatalogReader(engine);
    const { queries } = readQueries("q.sql", "-- name: A :one\nselect json_build_array('x') as j;\n");
    const result = await analyzeQuery(queries[0]!, engine, reader, undefined, null);
    expect(JSON.stringify(result)).toContain('"values":["x"]');
    expect(reader.types.get(25)?.name).toBe("text");
  } finally {
    await engine.close();
  }
});

test("before 18 what grouping sets leave out may be NULL, whatever it is made of", async () => {
  const engine = await ServerEngine.start(database.url);
  try {
    const sql = `select coalesce(a, 0) as a, coalesce(a, 0) + 1 as b, case when a > 1 then 'x' else 'y' end as c, coalesce(a, 1) as d, count(*) as n
      from (values (1), (null)) v (a) group by rollup (coalesce(a, 0), case when a > 1 then 'x' else 'y' end, a)`;
    const { queries } = readQueries("q.sql", `-- name: A :many\n${sql};\n`);
    const result = await analyzeQuery(queries[0]!, engine, new CatalogReader(engine), undefined, null);
    const { columns } = (result as Extract<typeof result, { query: unknown }>).query;
    expect(columns.map(({ name, nullable }) => name + (nullable ? "?" : ""))).toEqual([
      "a?",
      "b?",
      "c?",
      "d",
      "n",
    ]);
    const [first, ...rows] = (await database.pool.query({ text: sql, rowMode: "array" })).rows as unknown[][];
    const holdsNull = columns.map((_, i) => [first!, ...rows].some((row) => row[i] === null));
    expect(holdsNull).toEqual([true, true, true, false, false]);
  } finally {
    await engine.close();
  }
});

test("statements that cannot be prepared by name are described; an error says where it is", async () => {
  const engine = await ServerEngine.start(database.url);
  try {
    expect(await engine.describe("explain select 1")).toEqual({
      params: [],
      columns: [{ name: "QUERY PLAN", type: 25 }],
    });
    expect(await engine.describe("select $1::int + $2 as sum")).toEqual({
      params: [23, 23],
      columns: [{ name: "sum", type: 23 }],
    });
    expect(await engine.describe("listen news")).toEqual({ params: [], columns: [] });
    const error = await engine.describe("select 'ä', nothing").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(PostgresError);
    expect(error).toMatchObject({ sqlState: "42703", offset: 12 });
    expect((await engine.describe("select 1 as one")).columns).toEqual([{ name: "one", type: 23 }]);
  } finally {
    await engine.close();
  }
});

describe("a server's own grammar decides what is valid", () => {
  // Words that 17 reserves, as functions of the project's own.
  const schema = `create table t (id int primary key, name text not null);
    create function json_value(a text) returns text language sql as 'select a';
    create table other (id int);`;
  let engine: ServerEngine;
  beforeEach(async () => {
    engine = await ServerEngine.start(database.url);
  });
  afterEach(() => engine.close());
  const analyse = (text: string) => {
    const { queries, diagnostics } = readQueries("q.sql", `${text};\n`);
    expect(diagnostics).toEqual([]);
    return analyzeQuery(queries[0]!, engine, new CatalogReader(engine), undefined, null);
  };

  test.each([
    ["-- name: A :many\nselect json_value(name) as v, id from t where name = @name", ["v false", "id false"]],
    [
      "-- name: A :many\nwith a as (select * from t) select *, json_value(name) as v from a",
      ["id false", "name false", "v false"],
    ],
    ["-- name: A :one\ninsert into t values (1, json_value(@a)) returning id", ["id false"]],
    ["-- name: A :exec\nupdate t set name = json_value(name)", []],
  ])("%s", async (text, expected) => {
    expect(await applySchema(engine, [{ path: "s.sql", text: schema }])).toEqual([]);
    const result = await analyse(text);
    expect("query" in result ? [] : result.diagnostics).toEqual([]);
    const { columns } = (result as Extract<typeof result, { query: unknown }>).query;
    expect(columns.map(({ name, nullable }) => `${name} ${nullable}`)).toEqual(expected);
  });

  test("what it lacks is told as what it lacks, not as what the embedded one does", async () => {
    const text = "create extension no_such_extension;\ncreate extension vector_of_nobody;";
    const hints = (await applySchema(engine, [{ path: "s.sql", text }])).map(({ hint }) => hint);
    expect(hints).toEqual(
      ["no_such_extension", "vector_of_nobody"].map(
        (name) =>
          `The server of \`database.uri\`, PostgreSQL 16, has no "${name}": install it on that server, or name one that has it.`,
      ),
    );
    // 18 has taken it out; the server has it.
    expect(await analyse("-- name: A :many\nselect checkpoints_timed from pg_stat_bgwriter")).toHaveProperty(
      "query",
    );
    // No server has that: it is not said that an older one does.
    const { diagnostics } = await analyse("-- name: A :many\nselect nothing from pg_stat_bgwriter");
    expect(diagnostics![0]!.hint ?? "").not.toMatch(/which analyses here/);
  });

  test("what it refuses is told in its words, at its place", async () => {
    const text = "create table a (id int);\n\ncreat table b (id int);\ncreate table c (id int, :x text);";
    expect(await applySchema(engine, [{ path: "s.sql", text }])).toMatchObject([
      { code: "schema-syntax", message: 'syntax error at or near "creat"', span: { start: 26 } },
      {
        code: "schema-syntax",
        message: 'syntax error at or near ":"',
        hint: expect.stringContaining("psql's variable"),
      },
    ]);
    expect(await analyse("-- name: A :many\nselect id form a")).toMatchObject({
      diagnostics: [{ code: "query-syntax", message: 'syntax error at or near "a"' }],
    });
    expect(await analyse("-- name: A :many\nselect json_value(1, 2, 3)")).toMatchObject({
      diagnostics: [
        { code: "query-invalid", message: expect.stringMatching(/^function json_value\(.*does not exist$/) },
      ],
    });
    expect(await analyse("-- name: A :many\nupdate a set id = json_value('1')::int")).toMatchObject({
      diagnostics: [{ code: "query-invalid" }],
    });
  });
});

test("a server whose trees are not known is refused, with those that are", async () => {
  const old = await createDatabase(12);
  try {
    await expect(ServerEngine.start(old.url)).rejects.toThrow(
      "the server is PostgreSQL 12; the trees of 16, 17 and 18 are known",
    );
  } finally {
    await old.drop();
  }
});
