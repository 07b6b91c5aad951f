import { setTimeout as delay } from "node:timers/promises";
import { jest } from "@jest/globals";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  PoolClosedError,
  PoolExhaustedError,
  TimeoutError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { Connection } from "../../src/postgres/connection.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { run } from "./run.ts";
import { until, untilAsleep } from "./until.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

const open: Pool[] = [];
function pool(options: PoolOptions = {}): Pool {
  // With limits that no machine reaches, but for those that a test is about.
  const generous = { acquireTimeout: 60_000, connectTimeout: 60_000, cancelTimeout: 60_000 };
  const created = createPool({ connectionString: database.url, max: 3, ...generous, ...options });
  open.push(created);
  return created;
}
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(open.splice(0).map((one) => one.close({ timeout: 1000 })));
});

const pid = async (on: Queryable) => (await run(on, "select pg_backend_pid()"))[0]?.[0];
/** The runtime's clock, which goes on only as the test says, by milliseconds; what is set to run later is not on it. */
function stoppedClock(): (time: number) => void {
  let now = performance.now();
  jest.spyOn(performance, "now").mockImplementation(() => now);
  return (time) => {
    now += time;
  };
}
const terminate = (backend: unknown) => database.pool.query("select pg_terminate_backend($1)", [backend]);

test("opens as many connections as are needed, and no more than max", async () => {
  const db = pool();
  await run(db, "select 1");
  expect(db.stat()).toMatchObject({ totalConns: 1, idleConns: 1, newConnsCount: 1, maxConns: 3 });
  await Promise.all(Array.from({ length: 50 }, () => run(db, "select pg_sleep(0.001)")));
  expect(db.stat()).toMatchObject({ totalConns: 3, idleConns: 3, acquiredConns: 0, acquireCount: 51 });
});

test("an SQL error never costs a connection", async () => {
  const db = pool({ max: 1 });
  const before = await pid(db);
  await run(db, "create table e (n int primary key)");
  await run(db, "insert into e values (1)");
  await expect(run(db, "insert into e values (1)")).rejects.toBeInstanceOf(UniqueViolationError);
  await expect(run(db, "nonsense")).rejects.toMatchObject({ sqlState: "42601" });
  await expect(run(db, "select $1::int", ["x"])).rejects.toMatchObject({ sqlState: "22P02" });
  expect(await pid(db)).toBe(before);
});

describe("exhausted", () => {
  test("who waits too long gets a PoolExhaustedError, and the others their turn", async () => {
    const db = pool({ max: 1, acquireTimeout: 2000 });
    const held = await db.connect();
    await expect(run(db, "select 1")).rejects.toBeInstanceOf(PoolExhaustedError);
    const waiting = run(db, "select 2");
    held.release();
    expect(await waiting).toEqual([["2"]]);
    expect(db.stat()).toMatchObject({ canceledAcquireCount: 1, pendingAcquires: 0, acquiredConns: 0 });
  });

  test("a signal or a timeout ends the wait, and the place goes to the next", async () => {
    const db = pool({ max: 1 });
    const held = await db.connect();
    const abort = new AbortController();
    const waiting = [
      run(db, "select 1", [], { signal: abort.signal }),
      run(db, "select 1", [], { timeout: 20 }),
      run(db, "select 3"),
    ];
    const settled = Promise.allSettled(waiting);
    expect(db.stat().pendingAcquires).toBe(3);
    abort.abort();
    await until(() => db.stat().pendingAcquires === 1);
    held.release();
    expect(await settled).toMatchObject([
      { reason: expect.any(CancelledError) },
      { reason: expect.any(TimeoutError) },
      { value: [["3"]] },
    ]);
  });

  test("the timeout of a call covers the wait and the statement together", async () => {
    const db = pool({ max: 1 });
    const held = await db.connect();
    setTimeout(() => held.release(), 100);
    const call = run(db, "select pg_sleep(60)", [], { timeout: 200 });
    await expect(call).rejects.toMatchObject({ name: "TimeoutError", sqlState: "57014" });
  });
});

test("a connection that comes back in a transaction is closed", async () => {
  const db = pool({ max: 1 });
  const before = await pid(db);
  await run(db, "begin");
  expect(await pid(db)).not.toBe(before);
  const held = await db.connect();
  await run(held, "begin");
  await expect(run(held, "select 1 / 0")).rejects.toMatchObject({ sqlState: "22012" });
  const failed = held.client.processID;
  held.release();
  expect(await pid(db)).not.toBe(String(failed));
});

test("a released connection refuses to be used, and releasing again is harmless", async () => {
  const db = pool({ max: 1 });
  const held = await db.connect();
  held.release();
  held.release();
  await expect(run(held, "select 1")).rejects.toBeInstanceOf(PoolClosedError);
  expect(() => held.client).toThrow(PoolClosedError);
  expect(db.stat()).toMatchObject({ acquiredConns: 0, idleConns: 1 });
});

test("an error's stack leads to who called, wherever it came from", async () => {
  const db = pool({ max: 1, acquireTimeout: 2000 });
  async function caller(text: string, timeout?: number) {
    await run(db, text, [], { timeout });
  }
  const stackOf = async (...call: Parameters<typeof caller>): Promise<string> =>
    (await caller(...call).catch((e) => e)).stack;
  expect(await stackOf("nonsense")).toMatch(/^StatementError: Test: syntax error.* caller /s);
  expect(await stackOf("select pg_sleep(60)", 20)).toMatch(/^TimeoutError: Test: timed out.* caller /s);
  await using _ = await db.connect();
  expect(await stackOf("select 1", 20)).toMatch(/^TimeoutError: Test: timed out.* caller /s);
  expect(await stackOf("select 1")).toMatch(/^PoolExhaustedError: Test: all 1 connections.* caller /s);
});

describe("connections that the server ends", () => {
  test("unused: they are reported and replaced", async () => {
    const reported: unknown[] = [];
    const db = pool({ onBackgroundError: (error) => reported.push(error) });
    await terminate(await pid(db));
    await until(() => reported.length > 0);
    expect(reported).toEqual([expect.any(ConnectionLostError)]);
    expect(await run(db, "select 1")).toEqual([["1"]]);
  });

  test("in use, between two statements: the next one fails, and the process lives", async () => {
    const db = pool();
    const held = await db.connect();
    const isEnded = new Promise((resolve) => held.client.on("end", () => resolve(true)));
    await terminate(await pid(held));
    await isEnded;
    await expect(run(held, "select 1")).rejects.toBeInstanceOf(ConnectionLostError);
    held.release();
    expect(await run(db, "select 1")).toEqual([["1"]]);
    expect(db.stat()).toMatchObject({ totalConns: 1, acquiredConns: 0 });
  });

  test("in a transaction: it fails, and the connection is gone", async () => {
    const db = pool();
    const work = db.transaction(async (tx) => {
      await terminate(await pid(tx));
      await run(tx, "select 1");
    });
    await expect(work).rejects.toBeInstanceOf(ConnectionLostError);
    expect(await run(db, "select 1")).toEqual([["1"]]);
  });
});

describe("what cannot be connected to", () => {
  test.each([
    [
      "nobody listens",
      { connectionString: "postgres://postgres@127.0.0.1:1/x", acquireTimeout: 200 },
      /within 200 ms; at last: could not connect: ECONNREFUSED/,
    ],
    [
      "no such database",
      { database: "nowhere" },
      /could not connect: the server has no such database \(3D000\)/,
    ],
    [
      "no such role",
      { user: "nobody_at_all" },
      /could not connect: the server has no such role, or .* \(28000\)/,
    ],
  ])("%s", async (_, options, message) => {
    const error = await run(pool(options), "select 1").catch((e) => e);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error.query).toBe("Test");
    expect(error.message).toMatch(message);
  });

  test("options beside the connection string prevail", async () => {
    const [row] = await run(pool({ applicationName: "the name", user: "postgres" }), "show application_name");
    expect(row).toEqual(["the name"]);
  });
});

describe("onConnect", () => {
  test("runs once on each connection, before anyone gets it", async () => {
    const db = pool({
      onConnect: async (connection) => {
        await run(connection, "set application_name = 'prepared'");
      },
    });
    const names = await Promise.all(
      [1, 2, 3].map(() => run(db, "select current_setting('application_name')")),
    );
    expect(names).toEqual([[["prepared"]], [["prepared"]], [["prepared"]]]);
  });

  test("what it throws is the caller's, and the connection is closed", async () => {
    let fails = true;
    const db = pool({
      onConnect: () => {
        if (fails) throw new Error("not today");
      },
    });
    await expect(run(db, "select 1")).rejects.toThrow("not today");
    expect(db.stat()).toMatchObject({ totalConns: 0 });
    fails = false;
    expect(await run(db, "select 1")).toEqual([["1"]]);
  });
});

describe("age and idleness", () => {
  test("one that was unused for long is tried before it is given out, and one that was busy is not", async () => {
    const ping = jest.spyOn(Connection.prototype, "ping");
    const passes = stoppedClock();
    const db = pool({ max: 1, pingAfter: 300 });
    await run(db, "select 1");
    passes(299);
    await run(db, "select 1");
    expect(ping).toHaveBeenCalledTimes(0);
    passes(301);
    await run(db, "select 1");
    expect(ping).toHaveBeenCalledTimes(1);
    const slow = run(db, "select pg_sleep(0.1)");
    // Handed on from the one to the other.
    const next = run(db, "select 1");
    passes(301);
    await Promise.all([slow, next]);
    expect(ping).toHaveBeenCalledTimes(1);
  });

  test("a connection that is too old is replaced", async () => {
    const passes = stoppedClock();
    const db = pool({ maxLifetime: 200, maxLifetimeJitter: 10 });
    const before = await pid(db);
    passes(211);
    expect(await pid(db)).not.toBe(before);
    passes(211);
    await until(() => db.stat().maxLifetimeDestroyCount > 0);
  });

  test("one that is old but busy is not, and goes when it comes back", async () => {
    const passes = stoppedClock();
    const db = pool({ maxLifetime: 200, maxLifetimeJitter: 0 });
    await db.transaction(async (tx) => {
      const before = await pid(tx);
      passes(201);
      expect(await pid(tx)).toBe(before);
    });
    expect(db.stat()).toMatchObject({ totalConns: 0, maxLifetimeDestroyCount: 1 });
  });

  test("unused ones beyond minIdle are closed, and minIdle are kept warm", async () => {
    const passes = stoppedClock();
    const db = pool({ idleTimeout: 200, minIdle: 1 });
    await until(() => db.stat().idleConns === 1);
    expect(db.stat()).toMatchObject({ acquireCount: 0, newConnsCount: 1 });
    await Promise.all([1, 2, 3].map(() => run(db, "select pg_sleep(0.01)")));
    expect(db.stat().totalConns).toBe(3);
    passes(201);
    await until(() => db.stat().totalConns === 1);
    expect(db.stat()).toMatchObject({ maxIdleDestroyCount: 2, idleConns: 1 });
  });

  test("a warm one that is lost is opened again", async () => {
    const db = pool({ minIdle: 2 });
    await until(() => db.stat().idleConns === 2);
    await terminate(await pid(db));
    await until(() => db.stat().newConnsCount === 3 && db.stat().idleConns === 2);
  });

  test("after reset() every connection is a new one, those in use once they come back", async () => {
    const db = pool();
    const held = await db.connect();
    const [a, b] = [await pid(db), await pid(held)];
    db.reset();
    expect(await pid(held)).toBe(b);
    held.release();
    const after = await Promise.all([1, 2, 3].map(() => pid(db)));
    expect(after).not.toContain(a);
    expect(after).not.toContain(b);
  });

  test("reset() closes the unused ones while another is being opened, too", async () => {
    let letIn = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const seen: unknown[] = [];
    const onConnect = async (session: Queryable): Promise<void> => {
      if (seen.push(await pid(session)) > 2) await gate;
    };
    const db = pool({ minIdle: 2, prepare: true, onConnect });
    await until(() => db.stat().idleConns === 2);
    const held = await db.connect();
    await until(() => seen.length === 3);
    expect(db.stat()).toMatchObject({ idleConns: 1, constructingConns: 1 });
    db.reset();
    expect(db.stat()).toMatchObject({ idleConns: 0, constructingConns: 1 });
    letIn();
    held.release();
    // The one whose opening had begun before is not kept either.
    await until(() => db.stat().idleConns === 2 && db.stat().constructingConns === 0);
    expect(seen.slice(0, 3)).not.toContain(await pid(db));
  });
});

describe("close", () => {
  test("waits for what is under way, and refuses what comes or waits", async () => {
    const db = pool({ max: 1 });
    const gate = await database.pool.connect();
    await gate.query("select pg_advisory_lock(1)");
    const running = run(db, "select pg_advisory_lock_shared(1)");
    const waiting = run(db, "select 1");
    const refused = expect(waiting).rejects.toBeInstanceOf(PoolClosedError);
    await until(() => db.stat().acquiredConns === 1);
    const closed = db.close();
    await expect(run(db, "select 1")).rejects.toBeInstanceOf(PoolClosedError);
    await refused;
    await gate.query("select pg_advisory_unlock(1)");
    gate.release();
    await closed;
    expect(await running).toEqual([[""]]);
    expect(db.stat()).toMatchObject({ totalConns: 0, acquiredConns: 0 });
    await db.close();
  });

  test("once more with a shorter limit hastens it, with a longer one or none changes nothing", async () => {
    const db = pool({ replicas: [{ connectionString: database.url }] });
    const held = await db.connect();
    const replica = expect(run(db.replica, "select pg_sleep(600)")).rejects.toThrow(ConnectionLostError);
    const running = expect(run(db, "select pg_sleep(600)")).rejects.toBeInstanceOf(ConnectionLostError);
    await until(() => db.stat().acquiredConns === 2);
    await untilAsleep(database.pool, 2);
    const closed = db.close({ timeout: 600_000 });
    void db.close({ timeout: 700_000 });
    void db.close();
    await db.close({ timeout: 0 });
    await closed;
    await Promise.all([running, replica]);
    expect(db.stat().totalConns).toBe(0);
    held.release();
  });

  test("ends under its user what takes longer than the limit, or is never given back", async () => {
    const db = pool();
    const held = await db.connect();
    const running = expect(run(db, "select pg_sleep(60)")).rejects.toBeInstanceOf(ConnectionLostError);
    await until(() => db.stat().acquiredConns === 2);
    await db.close({ timeout: 50 });
    await running;
    expect(db.stat().totalConns).toBe(0);
    held.release();
  });
});

test("a leak is reported with the place that took the connection", async () => {
  const leaks: string[] = [];
  const db = pool({ leakAfter: 1500, onLeak: ({ takenAt }) => leaks.push(takenAt) });
  async function theCulprit() {
    return db.connect();
  }
  const held = await theCulprit();
  await run(db, "select 1");
  await until(() => leaks.length > 0);
  held.release();
  await delay(50);
  expect(leaks).toEqual([expect.stringContaining("theCulprit")]);
});

describe("replicas", () => {
  test("take statements in turn when asked for", async () => {
    const named = (applicationName: string) => {
      const url = new URL(database.url);
      url.searchParams.set("application_name", applicationName);
      return { connectionString: url.href };
    };
    const db = pool({ replicas: [named("one"), named("two")] });
    const where = async () => (await run(db.replica, "show application_name"))[0]?.[0];
    expect([await where(), await where(), await where()]).toEqual(["one", "two", "one"]);
    expect(await run(db, "show application_name")).toEqual([[""]]);
  });

  test("that cannot be reached are passed over, down to the primary", async () => {
    const db = pool({ replicas: [{ connectionString: "postgres://postgres@127.0.0.1:1/x" }] });
    expect(await run(db.replica, "select 1")).toEqual([["1"]]);
    expect(await run(pool().replica, "select 1")).toEqual([["1"]]);
  });
});

const outOfRange: PoolOptions[] = [
  { max: 0 },
  { max: 1.5 },
  { minIdle: 4 },
  { acquireTimeout: -1 },
  { maxLifetime: Number.NaN },
  { timeout: Number.NaN },
  { connectTimeout: -1 },
  { pingTimeout: "100" as never },
  { port: 99_999 },
  { port: 0 },
  { hosts: [{ host: "127.0.0.1", port: 70_000 }] },
  { connectionString: "postgres://postgres@127.0.0.1:1,127.0.0.1:99999/x" },
  { targetSessionAttrs: "writable" as never },
  { statementTimeout: Number.NaN },
  { statementTimeout: -1 },
  { lockTimeout: 1.5 },
  { idleInTransactionTimeout: "5" as never },
  { idleInTransactionTimeout: 2 ** 31 },
  { keepAliveIdle: Number.NaN },
  { fetchBytes: Number.NaN },
  { fetchBytes: -1 },
  { fetchBytes: "1000" as never },
  { prepare: "on" as never },
];
test.each([
  "onConnect",
  "beforeAcquire",
  "afterRelease",
  "onNotice",
  "onLeak",
  "onBackgroundError",
  "onSlowStatement",
] as const)("%s must be a function", (name) => {
  expect(() => pool({ [name]: "log" as never })).toThrow(new TypeError(`${name}: not a function`));
});

test.each([
  ["name", { name: 5 }],
  ["host", { host: 5 }],
  ["database", { database: ["d"] }],
  ["user", { user: null }],
  ["password", { password: 5 }],
  ["applicationName", { applicationName: {} }],
  ["hosts", { hosts: [{}] }],
  ["hosts", { hosts: [null] }],
])("what is no text as %s is refused", (name, options) => {
  expect(() => pool(options as never)).toThrow(new TypeError(`${name}: not a text`));
});

test.each([
  ["hosts", { hosts: "a,b" }],
  ["replicas", { replicas: "postgres://x" }],
])("what is no list as %s is refused", (name, options) => {
  expect(() => pool(options as never)).toThrow(new TypeError(`${name}: not a list`));
});

test.each([null, {}, { aborted: false }, { aborted: true }, new AbortController()])(
  "%p is no signal",
  async (signal) => {
    const call = run(pool(), "select 1", [], { signal: signal as never });
    await expect(call).rejects.toThrow(new TypeError("signal: not an AbortSignal"));
  },
);

test.each(outOfRange)("%j is out of range", (options) => {
  expect(() => pool(options)).toThrow(RangeError);
});

test("a batch of nothing has its options looked at, as any other", async () => {
  const db = pool({ replicas: [{}] });
  await using held = await db.connect();
  await using tx = await db.begin();
  const scope = db.scope({ "app.id": "1" });
  for (const on of [db, held, tx, scope, scope.replica, db.replica]) {
    expect(await on.batch([], { timeout: 1, signal: new AbortController().signal })).toEqual([]);
    await expect(on.batch([], { timeout: Number.NaN })).rejects.toThrow(RangeError);
    await expect(on.batch([], { deadline: "soon" as never })).rejects.toThrow(RangeError);
    await expect(on.batch([], { signal: "stop" as never })).rejects.toThrow(TypeError);
    await expect(on.batch([], { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
    await expect(on.batch([], { timeout: 0 })).rejects.toThrow(TimeoutError);
  }
});
