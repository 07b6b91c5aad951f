import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  ConnectionFailedError,
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "./run.ts";
import { until, untilAsleep } from "./until.ts";

// What networks do to a connection, by a proxy of ours.

let database: TestDatabase;
let proxy: FaultyProxy;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query("create table t (n int)");
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.pool.query("truncate t");
  proxy = await FaultyProxy.start(database.url);
  pool = open();
});
afterEach(async () => {
  await pool.close({ timeout: 100 });
  await proxy.close();
});

const open = (options: PoolOptions = {}): Pool =>
  createPool({ connectionString: proxy.url, max: 3, cancelTimeout: 500, pingTimeout: 200, ...options });
const recovers = async () => expect(await run(pool, "select 1")).toEqual([["1"]]);
const stored = async () => (await database.pool.query("select n from t")).rows.map(({ n }) => n);

test("a slow network changes nothing but the time", async () => {
  await pool.close();
  pool = open({ cancelTimeout: 60_000 });
  proxy.delay = 20;
  const rows = await Promise.all([1, 2, 3, 4, 5].map((n) => run(pool, "select $1::int", [n])));
  expect(rows.flat(2)).toEqual(["1", "2", "3", "4", "5"]);
  await expect(run(pool, "select pg_sleep(60)", [], { timeout: 100 })).rejects.toMatchObject({
    name: "TimeoutError",
    sqlState: "57014",
  });
  await recovers();
});

test("a connection that is reset under a statement", async () => {
  const running = run(pool, "select pg_sleep(60)");
  const lost = expect(running).rejects.toBeInstanceOf(ConnectionLostError);
  await untilAsleep(database.pool);
  proxy.reset();
  await lost;
  await recovers();
});

test("connections that are reset while nobody uses them", async () => {
  await Promise.all([1, 2, 3].map(() => run(pool, "select pg_sleep(0.01)")));
  proxy.reset();
  await until(() => pool.stat().totalConns === 0);
  await recovers();
});

test("a result that is cut off in the middle of a message, wherever that is", async () => {
  const sizes = [0, 1, 4, 5, 6, 30, 100, 1000, 10_000, 65_536, 100_000];
  for (const size of sizes) {
    await recovers();
    proxy.cutAfter(size);
    await expect(run(pool, "select repeat('x', 100) from generate_series(1, 2000)")).rejects.toBeInstanceOf(
      ConnectionLostError,
    );
  }
  expect(pool.stat()).toMatchObject({ acquiredConns: 0 });
});

test("a connection that is cut while it is being opened: another is tried", async () => {
  for (const size of [0, 5, 50, 200]) {
    const { accepted } = proxy;
    proxy.cutAfter(size);
    await recovers();
    expect(proxy.accepted).toBe(accepted + 2);
    proxy.reset();
    await until(() => pool.stat().totalConns === 0);
  }
  expect(pool.stat()).toMatchObject({ totalConns: 0, constructingConns: 0 });
  await recovers();
});

test("a network that is silent: the timeout holds, and the connection is given up", async () => {
  await recovers();
  proxy.stall();
  await expect(run(pool, "select 1", [], { timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
  expect(pool.stat()).toMatchObject({ totalConns: 0, acquiredConns: 0 });
  proxy.resume();
  await recovers();
});

test("a network that is silent while connecting: the acquire timeout holds", async () => {
  await pool.close();
  pool = open({ acquireTimeout: 400, connectTimeout: 1000 });
  proxy.stall();
  await expect(run(pool, "select 1")).rejects.toBeInstanceOf(ConnectionFailedError);
  await until(() => pool.stat().totalConns === 0);
  proxy.resume();
  // The timeout is too short for some machines' first attempts.
  await until(() =>
    recovers().then(
      () => true,
      () => false,
    ),
  );
});

test("a connection that has died without a word is found out before it is used", async () => {
  await pool.close();
  pool = open({ pingAfter: 0 });
  await recovers();
  const { newConnsCount } = pool.stat();
  proxy.stall();
  const running = run(pool, "select 1");
  await until(() => pool.stat().constructingConns === 1);
  expect(pool.stat()).toMatchObject({ newConnsCount, totalConns: 1 });
  proxy.resume();
  expect(await running).toEqual([["1"]]);
  expect(pool.stat().newConnsCount).toBeGreaterThan(newConnsCount);
});

describe("a transaction whose connection is lost", () => {
  test("before COMMIT is rolled back, and says so", async () => {
    const held = await pool.connect();
    const isEnded = new Promise<void>((resolve) => held.client.on("end", () => resolve()));
    const work = held.transaction(async (tx) => {
      await run(tx, "insert into t values (1)");
      proxy.reset();
      // A COMMIT before that would be sent, and its outcome unknown.
      await isEnded;
    });
    await expect(work).rejects.toBeInstanceOf(ConnectionLostError);
    held.release();
    await recovers();
    expect(await stored()).toEqual([]);
  });

  test.each([
    ["before", []],
    ["after", [1]],
  ] as const)(
    "during COMMIT, %s the server got it: its outcome is unknown, and it is not tried again",
    async (when, rows) => {
      const cut = proxy.cutAt("commit", when);
      let attempts = 0;
      const work = pool.transaction(
        async (tx) => {
          attempts++;
          await run(tx, "insert into t values (1)");
        },
        { retry: 5 },
      );
      await expect(work).rejects.toBeInstanceOf(OutcomeUnknownError);
      await cut;
      expect(attempts).toBe(1);
      await recovers();
      expect(await stored()).toEqual(rows);
    },
  );

  test("in a COMMIT that does not end: its signal holds, and the outcome is unknown", async () => {
    const abort = new AbortController();
    const work = pool.transaction((tx) => run(tx, "insert into t values (1)"), { signal: abort.signal });
    const unknown = expect(work).rejects.toBeInstanceOf(OutcomeUnknownError);
    await proxy.stallAt("commit");
    abort.abort();
    await unknown;
    proxy.resume();
    await recovers();
  });

  test("in a ROLLBACK: the error that led to it comes through", async () => {
    void proxy.stallAt("rollback");
    const failure = new Error("no");
    const work = pool.transaction(async (tx) => {
      await run(tx, "insert into t values (1)");
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    proxy.resume();
    await recovers();
    expect(await stored()).toEqual([]);
  });
});

test("under load, with connections reset all the time, every call settles and none is done twice", async () => {
  let next = 0;
  const confirmed = new Set<number>();
  let isDone = false;
  const worker = async (): Promise<void> => {
    while (!isDone) {
      const n = next++;
      try {
        await run(pool, "insert into t values ($1)", [n]);
        confirmed.add(n);
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
      }
    }
  };
  const cutting = (async () => {
    // Longer each time that nothing has got through, until it suits the machine.
    let pause = 15;
    for (let cuts = 0; cuts < 60 || confirmed.size < 100; cuts++) {
      const before = confirmed.size;
      await delay(pause);
      if (confirmed.size === before) pause *= 1.5;
      proxy.reset();
    }
    isDone = true;
  })();
  await Promise.all([cutting, ...Array.from({ length: 6 }, worker)]);
  proxy.reset();
  await until(() => pool.stat().totalConns === 0);
  await recovers();
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
  const rows = await stored();
  expect(new Set(rows).size).toBe(rows.length);
  // All that was confirmed is there.
  expect([...confirmed].filter((n) => !rows.includes(n))).toEqual([]);
});
