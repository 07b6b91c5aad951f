import { jest } from "@jest/globals";
import { applySchema } from "../generator/src/analysis/apply-schema.ts";
import { PostgresError } from "../generator/src/postgres/engine.ts";
import { ServerEngine } from "../generator/src/postgres/server.ts";
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

test("engines that are started at the same moment have databases of their own", async () => {
  jest.spyOn(Date, "now").mockReturnValue(Date.now());
  const engines = await Promise.all(Array.from({ length: 5 }, () => ServerEngine.start(database.url)));
  jest.restoreAllMocks();
  const names = await Promise.all(engines.map((engine) => engine.run("select current_database() as name")));
  expect(new Set(names.map(([row]) => row?.name)).size).toBe(5);
  await Promise.all(engines.map((engine) => engine.close()));
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
