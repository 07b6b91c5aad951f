import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { applySchema } from "../../src/analysis/apply-schema.ts";
import { DiagnosticError } from "../../src/model/diagnostic.ts";
import { AnalysingEngine } from "../../src/postgres/analysing-engine.ts";
import { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { startEmbedded } from "../../src/postgres/embedded.ts";
import { SnapshotLost } from "../../src/postgres/embedded-database.ts";
import { type Engine, EngineBreakdown, PostgresError } from "../../src/postgres/engine.ts";
import { EmbeddedEngine, load } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";

test("an engine started from a snapshot has the schema, and goes on from there", async () => {
  const first = await EmbeddedEngine.start();
  await first.run(
    "create type mood as enum ('sad', 'ok'); create table t (id int primary key, mood mood not null)",
  );
  const snapshot = await first.snapshot();
  await first.run("create table later (id int)");
  await first.close();

  const second = await EmbeddedEngine.start({ snapshot, extensions: [], root: "." });
  expect(await second.describe("select mood from t where id = $1")).toMatchObject({
    params: [23],
    columns: [{ name: "mood", type: expect.any(Number) }],
  });
  await expect(second.run("select * from later")).rejects.toThrow('relation "later" does not exist');
  await second.run("create table more (id int); insert into t values (1, 'ok')");
  const again = await second.snapshot();
  await second.close();

  const third = await EmbeddedEngine.start({ snapshot: again, extensions: [], root: "." });
  expect(await third.run("select mood::text from t, (select count(*) from more) m")).toEqual([
    { mood: "ok" },
  ]);
  await third.close();
});

test("an engine that has started gives trees at once, and tells nobody else of them", async () => {
  const engine = await EmbeddedEngine.start();
  expect(engine.version).toBe(180000);
  expect((await engine.describe("select 1 as one")).tree).toMatch(/^\{QUERY /);
  const told: string[] = [];
  const tell = (message: string): number => told.push(message);
  await engine.run("do $$ begin raise notice 'a notice'; end $$", tell);
  // Bodies are not looked at: what they name may come later.
  await engine.run("create function f() returns int language sql as 'select a from t'", tell);
  await engine.run("set client_min_messages = notice", tell);
  expect((await engine.describe("select 2 as two")).tree).toMatch(/^\{QUERY /);
  await engine.run("do $$ begin raise notice 'another'; end $$", tell);
  expect(told).toEqual(["another"]);
  await engine.close();
});

test("a database whose snapshot is lost leaves the one in whose place it was to start", async () => {
  const first = await startEmbedded({ snapshot: null, extensions: [], root: "." });
  const lost = { id: "lost", bytes: async () => null };
  await expect(startEmbedded({ snapshot: lost, extensions: [], root: "." }, first)).rejects.toThrow(
    SnapshotLost,
  );
  expect(await first.run("select 1 as one")).toEqual([{ one: 1 }]);
  await first.close();
});

test("an attempt leaves nothing behind, and its error says where", async () => {
  const engine = await EmbeddedEngine.start();
  expect(await engine.attempt("create table t (id int); select count(*)::int4 as n from t")).toEqual([
    { n: 0 },
  ]);
  await expect(engine.attempt("select 1")).resolves.toEqual([{ "?column?": 1 }]);
  const sql = "select 'ä😀', nope";
  const failure = engine.attempt(sql);
  await expect(failure).rejects.toBeInstanceOf(PostgresError);
  await expect(failure).rejects.toMatchObject({ sqlState: "42703", offset: sql.indexOf("nope") });
  await expect(engine.run("select * from t")).rejects.toThrow('relation "t" does not exist');
  await engine.close();
});

test("a program is refused like any other mistake, and what comes after it is answered", async () => {
  const engine = await EmbeddedEngine.start();
  for (const statement of ["copy t from program 'env'", "copy (select 1) to program 'env'"])
    await expect(
      engine.run(`create table t (a text); do $$ begin execute '${statement.replaceAll("'", "''")}'; end $$`),
    ).rejects.toThrow(/^could not execute command "env": Function not implemented$/);
  expect(await engine.run("select 1 as one")).toEqual([{ one: 1 }]);
  expect(await engine.run("-- a comment alone")).toEqual([]);
  await engine.close();
});

test("a server that has ended is no empty answer", async () => {
  const assets = await load();
  class Unguarded extends assets.Analysing {
    override refusePrograms(): void {}
  }
  const engine = await AnalysingEngine.start(
    { snapshot: null, extensions: [], root: "." },
    { ...assets, Analysing: Unguarded },
  );
  await expect(engine.run("copy pg_class to program 'cat'")).rejects.toThrow(
    /^the embedded PostgreSQL ended/,
  );
  await expect(engine.describe("select 1")).rejects.toThrow(/^the embedded PostgreSQL ended/);
  await engine.close().catch(() => {});
});

test("what ended it is told of the statement that it came in, in a file and of a query", async () => {
  const text = "create table a (id int);\ncreate table b (id int);\ncreate table c (id int);";
  const files = [{ path: "1.sql", text }];
  const said = async (work: Promise<unknown>): Promise<unknown> => {
    const error = await work.catch((problem: unknown) => problem);
    return error instanceof DiagnosticError
      ? error.diagnostics.map(({ code, span }) => [code, span!.file, span!.start])
      : error;
  };
  // BEGIN and the first table were done; or else it came in the first statement by itself.
  const broken = (done: number): Engine => ({
    version: 180000,
    isEmbedded: true,
    run: () => Promise.reject(new EngineBreakdown({ reason: "out of it", done })),
    attempt: async () => [],
    describe: () => Promise.reject(new EngineBreakdown({ reason: "out of it", done: 0 })),
    close: async () => {},
  });
  expect(await said(applySchema(broken(2), files))).toEqual([
    ["engine-breakdown", "1.sql", text.indexOf("create table b")],
  ]);
  expect(await said(applySchema(broken(0), files))).toEqual([["engine-breakdown", "1.sql", 0]]);
  const { queries } = readQueries("q.sql", "\n-- name: A :one\nselect 1 as one;\n");
  const engine = broken(0);
  expect(await said(analyzeQuery(queries[0]!, engine, new CatalogReader(engine)))).toEqual([
    ["engine-breakdown", "q.sql", 1],
  ]);
});

test.each([
  [true, /^The embedded PostgreSQL has less stack than a server\./],
  [false, /^Increase "max_stack_depth"\.?$/],
])("a statement that is too deep has a hint that fits (embedded: %p)", async (isEmbedded, hint) => {
  const { queries } = readQueries("q.sql", "-- name: A :one\nselect 1 as one;\n");
  const tooDeep = (sql: string): Promise<never> =>
    Promise.reject(
      new PostgresError(sql, {
        code: "54001",
        message: "stack depth limit exceeded",
        hint: 'Increase "max_stack_depth".',
      }),
    );
  const engine: Engine = {
    version: 180000,
    isEmbedded,
    run: async () => [],
    attempt: async () => [],
    describe: tooDeep,
    close: async () => {},
  };
  expect(await analyzeQuery(queries[0]!, engine, new CatalogReader(engine))).toMatchObject({
    diagnostics: [{ message: "stack depth limit exceeded", hint: expect.stringMatching(hint) }],
  });
});

describe("what is described", () => {
  let engine: EmbeddedEngine;
  beforeAll(async () => {
    engine = await EmbeddedEngine.start();
    await engine.run('create schema s; create table s.t (id int check (id > 0), "größe 😀" text)');
  });
  afterAll(() => engine.close());

  test("names in any script, and every parameter's type", async () => {
    const { params, columns } = await engine.describe(
      'select "größe 😀", id as "i d" from s.t where id = $2 and "größe 😀" like $1 and $3::bool',
    );
    expect(params).toEqual([25, 23, 16]);
    expect(columns).toEqual([
      { name: "größe 😀", type: 25 },
      { name: "i d", type: 23 },
    ]);
  });

  test("a statement without rows or parameters, and one that has no tree", async () => {
    expect(await engine.describe("delete from s.t")).toMatchObject({
      params: [],
      columns: [],
      tree: expect.stringContaining(":commandType 4"),
    });
    expect(await engine.describe("listen x")).toMatchObject({ params: [], columns: [] });
    expect(await engine.describe("delete from s.t", { tree: false })).toEqual({ params: [], columns: [] });
  });

  test("an error with all that PostgreSQL says of it, after which another is described", async () => {
    const sql = "select 'ä😀', nam from s.t t2 where t.id = 1";
    await expect(engine.describe(sql)).rejects.toMatchObject({
      sqlState: "42703",
      message: expect.stringContaining('column "nam" does not exist'),
      offset: sql.indexOf("nam"),
    });
    await expect(engine.describe("select nowhere(1)")).rejects.toMatchObject({
      sqlState: "42883",
      hint: expect.any(String),
    });
    await expect(engine.describe("select 1")).resolves.toMatchObject({ columns: [{ type: 23 }] });
  });
});
