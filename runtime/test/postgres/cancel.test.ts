import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { CancelledError, TimeoutError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { run } from "./run.ts";
import { untilAsleep } from "./until.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  // With limits that a busy machine does not reach: what is cancelled must not cost a connection.
  pool = createPool({
    connectionString: database.url,
    max: 8,
    cancelTimeout: 60_000,
    acquireTimeout: 60_000,
  });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

test("a cancelled statement really ends on the server", async () => {
  const abort = new AbortController();
  const sleeping = run(pool, "select pg_sleep(60)", [], { signal: abort.signal });
  const cancelled = expect(sleeping).rejects.toBeInstanceOf(CancelledError);
  await untilAsleep(database.pool);
  abort.abort();
  await cancelled;
  await untilAsleep(database.pool, 0);
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
  await untilAsleep(database.pool, 0);
});

test("cancellation by the thousand hits nothing but what it is meant for", async () => {
  const counts = { cancelled: 0, finished: 0, innocent: 0 };
  /** Milliseconds; follows how long a statement takes here and now, so that about half of the requests come too late. */
  let patience = 2;
  const victim = async (i: number): Promise<void> => {
    const abort = new AbortController();
    const call = run(pool, "select $1::int, pg_sleep(0.0005)", [i], { signal: abort.signal });
    const timer = setTimeout(() => abort.abort(), Math.random() * 2 * patience);
    try {
      expect((await call)[0]?.[0]).toBe(String(i));
      counts.finished++;
      patience = Math.max(2, patience / 1.05);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      counts.cancelled++;
      patience *= 1.05;
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
