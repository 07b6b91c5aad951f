import { createHook } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { DatabaseError } from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query("create table t (n int primary key)");
});
afterAll(() => database?.drop());

/** The timers of ours that are running, by where they were set; those of jest's run beside them. */
const timers = new Map<number, string>();
const watch = createHook({
  init(id, type) {
    if (type !== "Timeout") return;
    const { stack = "" } = new Error();
    if (stack.includes("/runtime/src/")) timers.set(id, stack);
  },
  destroy: (id) => timers.delete(id),
});
beforeAll(() => {
  watch.enable();
});
afterAll(() => {
  watch.disable();
});

const sockets = () => process.getActiveResourcesInfo().filter((type) => type.startsWith("TCP")).length;

/** Everything that can happen to a pool, one thing at a time. */
const doings: readonly ((pool: Pool, signal: AbortSignal) => Promise<unknown>)[] = [
  (pool, signal) => run(pool, "select 1", [], { signal, timeout: 5000 }),
  (pool, signal) => run(pool, "select pg_sleep(0.002)", [], { signal, timeout: 2 }),
  (pool) => run(pool, "select 1 / 0"),
  (pool) => run(pool, "insert into t values (1), (1)"),
  (pool) => run(pool, "select pg_sleep(1)", [], { signal: AbortSignal.timeout(3) }),
  (pool, signal) =>
    pool.transaction(
      async (tx) => {
        await run(tx, "select 1", [], { timeout: 1000 });
        await tx.transaction((sp) => run(sp, "select 1 / 0")).catch(() => {});
        await run(tx, "insert into t values ($1)", [Math.floor(Math.random() * 1e9)]);
      },
      { signal, timeout: 5000, retry: 2 },
    ),
  async (pool) => {
    await using tx = await pool.begin({ readOnly: true });
    await Promise.allSettled([run(tx, "select 1"), run(tx, "nonsense"), run(tx, "select 1")]);
  },
  async (pool) => {
    await using held = await pool.connect();
    await run(held, "begin");
  },
  async (pool) => run(pool, "select pg_terminate_backend(pg_backend_pid())"),
  async (pool) => pool.reset(),
  async (pool) => pool.ping(),
];

test("after everything, nothing is left: no connection, no timer, no listener", async () => {
  const socketsBefore = sockets();
  const pool = createPool({
    connectionString: database.url,
    max: 5,
    minIdle: 1,
    maxLifetime: 1000,
    maxLifetimeJitter: 500,
    idleTimeout: 100,
    pingAfter: 1,
    // A busy machine must not make a lost connection of a slow one: the listeners that are counted would be another's.
    cancelTimeout: 60_000,
    acquireTimeout: 60_000,
    leakAfter: 60_000,
  });
  const abort = new AbortController();
  let left = 600;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const what = doings[Math.floor(Math.random() * doings.length)]!;
      await what(pool, abort.signal).catch((error) => {
        if (!(error instanceof DatabaseError)) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
  expect(timers.size).toBeGreaterThan(0); // The pool's own, so they are seen.
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);

  await using held = await pool.connect();
  const { client } = held;
  const count = () => client.eventNames().map((name) => [name, client.listenerCount(name)]);
  const listeners = count();
  for (let i = 0; i < 50; i++) {
    await run(held, "select pg_sleep(1)", [], { timeout: 1 }).catch(() => {});
    await run(held, "nonsense").catch(() => {});
  }
  expect(count()).toEqual(listeners);
  held.release();

  await pool.close();
  expect(pool.stat()).toMatchObject({ totalConns: 0, idleConns: 0, constructingConns: 0 });
  await until(async () => {
    const { rows } = await database.pool.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    return rows[0].n === 0;
  });
  await until(() => sockets() === socketsBefore && timers.size === 0).catch(() => {
    expect([sockets(), ...timers.values()]).toEqual([socketsBefore]);
  });
});
