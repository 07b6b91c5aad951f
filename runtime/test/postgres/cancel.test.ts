import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { CancelledError, TimeoutError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 8 });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

/** Statements that other connections of this database are running. */
const running = async () => {
  const { rows } = await database.pool.query(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()",
  );
  return rows[0].n;
};

test("a cancelled statement really ends on the server", async () => {
  const abort = new AbortController();
  const sleeping = run(pool, "select pg_sleep(60)", [], { signal: abort.signal });
  await until(async () => (await running()) === 1);
  abort.abort();
  await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
  expect(await running()).toBe(0);
});

test("cancelling does not cost the connection", async () => {
  const before = pool.stat().newConnsCount;
  for (let i = 0; i < 20; i++)
    await expect(run(pool, "select pg_sleep(60)", [], { timeout: 1 })).rejects.toBeInstanceOf(TimeoutError);
  expect(pool.stat().newConnsCount).toBe(before);
});

test("an abort at once, before the statement has arrived, still ends it", async () => {
  for (let i = 0; i < 50; i++) {
    const abort = new AbortController();
    const sleeping = run(pool, "select pg_sleep(60)", [], { signal: abort.signal });
    // The connection is got after a few ticks; this aborts just when the statement has been written.
    for (let tick = 0; tick < i % 10; tick++) await Promise.resolve();
    if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
  }
  expect(await running()).toBe(0);
});

test("cancellation by the thousand hits nothing but what it is meant for", async () => {
  const counts = { cancelled: 0, finished: 0, innocent: 0 };
  const victim = async (i: number): Promise<void> => {
    const abort = new AbortController();
    const call = run(pool, "select $1::int, pg_sleep(0.0005)", [i], { signal: abort.signal });
    // Around the time that it takes, so that many requests come too late and many in time.
    const timer = setTimeout(() => abort.abort(), Math.random() * 4);
    try {
      expect((await call)[0]?.[0]).toBe(String(i));
      counts.finished++;
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      counts.cancelled++;
    } finally {
      clearTimeout(timer);
    }
  };
  const innocent = async (i: number): Promise<void> => {
    expect((await run(pool, "select $1::int, pg_sleep(0.0002)", [i]))[0]?.[0]).toBe(String(i));
    counts.innocent++;
  };
  const work = Array.from({ length: 16 }, async (_, worker) => {
    for (let i = 0; i < 250; i++) await (worker % 2 === 0 ? victim(i) : innocent(i));
  });
  await Promise.all(work);
  expect(counts.innocent).toBe(2000);
  expect(counts.finished + counts.cancelled).toBe(2000);
  expect(counts.cancelled).toBeGreaterThan(10);
  expect(counts.finished).toBeGreaterThan(10);
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
});
