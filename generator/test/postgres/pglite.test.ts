import { PostgresError } from "../../src/postgres/engine.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";

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
