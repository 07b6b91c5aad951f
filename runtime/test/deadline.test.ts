import { createDatabase, type TestDatabase } from "../../tests/postgres/database.ts";
import { timeLeft, withDeadline } from "../src/deadline.ts";
import { TimeoutError } from "../src/errors/errors.ts";
import { createPool, type Pool } from "../src/postgres/pool.ts";
import { run } from "./postgres/run.ts";
import { statement } from "./postgres/statement.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({
    connectionString: database.url,
    max: 2,
    acquireTimeout: 60_000,
    cancelTimeout: 60_000,
  });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

const SOON = 50;
const FAR = 3_600_000;
const slow = "select pg_sleep(600)";

test("a call ends by its deadline, a Date or a number", async () => {
  await expect(pool.query({ ...statement(slow), deadline: Date.now() + SOON })).rejects.toThrow(TimeoutError);
  await expect(pool.query({ ...statement(slow), deadline: new Date(Date.now() + SOON) })).rejects.toThrow(
    TimeoutError,
  );
  await expect(pool.query({ ...statement("select 1"), deadline: Date.now() - 1 })).rejects.toThrow(
    TimeoutError,
  );
  expect((await pool.query({ ...statement("select 1"), deadline: Date.now() + FAR })).rows).toEqual([["1"]]);
  await expect(pool.query({ ...statement("select 1"), deadline: new Date("?") })).rejects.toThrow(RangeError);
  for (const none of [null, "2030-01-01", true, [], { valueOf: () => 1 }])
    await expect(pool.query({ ...statement("select 1"), deadline: none as never })).rejects.toThrow(
      RangeError,
    );
});

test("an outer call's deadline holds for all within it, and what they wait for", async () => {
  const one = withDeadline(Date.now() + SOON, () => run(pool, slow));
  await expect(one).rejects.toThrow(TimeoutError);
  const transaction = withDeadline(Date.now() + SOON, () => pool.transaction((tx) => run(tx, slow)));
  await expect(transaction).rejects.toThrow(TimeoutError);
  const within = pool.transaction((tx) => withDeadline(Date.now() + SOON, () => run(tx, slow)));
  await expect(within).rejects.toThrow(TimeoutError);
  expect(await withDeadline(Date.now() + FAR, () => run(pool, "select 1"))).toEqual([["1"]]);
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("what has to be undone after it is undone", async () => {
  await database.pool.query("create table t (n int)");
  const failing = withDeadline(Date.now() + SOON, () =>
    pool.transaction(async (tx) => {
      await run(tx, "insert into t values (1)");
      await run(tx, slow);
    }),
  );
  await expect(failing).rejects.toThrow(TimeoutError);
  expect(await run(pool, "select count(*) from t")).toEqual([["0"]]);
  expect(pool.stat().acquiredConns).toBe(0);
});

test("the soonest limit counts", () => {
  expect(timeLeft({})).toBe(undefined);
  expect(timeLeft({ timeout: 5 })).toBe(5);
  withDeadline(Date.now() + FAR, () => {
    expect(timeLeft({ timeout: 5 })).toBe(5);
    expect(timeLeft({ timeout: Number.POSITIVE_INFINITY })).toBeLessThanOrEqual(FAR);
    expect(timeLeft({ deadline: 0 })).toBe(0);
    withDeadline(Date.now() + 2 * FAR, () => expect(timeLeft({})).toBeLessThanOrEqual(FAR));
  });
  expect(() => withDeadline(new Date("?"), () => 1)).toThrow(RangeError);
});
