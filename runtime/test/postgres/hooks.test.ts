import { jest } from "@jest/globals";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  type DatabaseError,
  PoolClosedError,
  TransactionBusyError,
} from "../../src/errors/errors.ts";
import type { Notice } from "../../src/postgres/notice.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolConnection } from "../../src/postgres/pool-connection.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { resetSession } from "../../src/postgres/session-reset.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

const pools: Pool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));
function open(options: PoolOptions): Pool {
  const patient = { acquireTimeout: 60_000, connectTimeout: 60_000, cancelTimeout: 60_000 };
  const pool = createPool({ connectionString: database.url, max: 1, ...patient, ...options });
  pools.push(pool);
  return pool;
}
const backend = async (pool: Pool) => (await run(pool, "select pg_backend_pid()"))[0]?.[0];

describe("beforeAcquire", () => {
  test("runs before each that is given out, and may use it", async () => {
    const seen: unknown[] = [];
    const pool = open({
      beforeAcquire: async (connection) => void seen.push((await run(connection, "select 7"))[0]?.[0]),
    });
    await run(pool, "select 1");
    await pool.transaction((tx) => run(tx, "select 1"));
    (await pool.connect()).release();
    expect(seen).toEqual(["7", "7", "7"]);
  });

  test("one that it does not want is closed, and another one tried", async () => {
    let refuse = false;
    const pool = open({
      beforeAcquire: () => {
        const accepts = !refuse;
        refuse = false;
        return accepts;
      },
    });
    const before = await backend(pool);
    refuse = true;
    expect(await backend(pool)).not.toBe(before);
    expect(pool.stat()).toMatchObject({ totalConns: 1, newConnsCount: 2, acquiredConns: 0 });
  });

  test("what it throws is the caller's error, and costs the connection", async () => {
    const failure = new Error("the hook's");
    let fails = true;
    const pool = open({
      beforeAcquire: () => {
        if (fails) throw failure;
      },
    });
    await expect(run(pool, "select 1")).rejects.toBe(failure);
    expect(pool.stat().acquiredConns).toBe(0);
    fails = false;
    expect(await run(pool, "select 1")).toEqual([["1"]]);
  });

  test("one that does not end is given up with the call, and what it was lent is no more its own", async () => {
    let lent: PoolConnection | undefined;
    const pool = open({
      beforeAcquire: (connection) => {
        lent = connection;
        return new Promise(() => {});
      },
    });
    const abort = new AbortController();
    const waiting = run(pool, "select 1", [], { signal: abort.signal });
    const refused = expect(waiting).rejects.toThrow(CancelledError);
    await until(() => lent !== undefined);
    abort.abort();
    await refused;
    await expect(run(lent!, "select 1")).rejects.toThrow(PoolClosedError);
    expect(pool.stat().acquiredConns).toBe(0);
  });
});

describe("a hook that does not end is told from a server that does not answer", () => {
  test("beforeAcquire", async () => {
    // So that it is connected, however slow the machine is.
    const warm = open({ acquireTimeout: 500, minIdle: 1, beforeAcquire: () => new Promise(() => {}) });
    await until(() => warm.stat().idleConns === 1);
    await expect(run(warm, "select 1")).rejects.toMatchObject({
      name: "ConnectionFailedError",
      message: expect.stringContaining("beforeAcquire did not end within 500 ms"),
    });
  });

  test("onConnect, also where a call gives up before", async () => {
    let isCalled = false;
    const pool = open({
      acquireTimeout: 2_000,
      onConnect: () => {
        isCalled = true;
        return new Promise(() => {});
      },
    });
    const error = await run(pool, "select 1").catch((e: unknown) => e);
    const reason = isCalled ? "onConnect did not end" : "could not connect";
    expect(error).toMatchObject({
      name: "ConnectionFailedError",
      message: `Test: ${reason} within 2000 ms`,
    });
    await pool.close({ timeout: 0 });
  });

  test("onConnect", async () => {
    let calls = 0;
    const told: DatabaseError[] = [];
    open({
      minIdle: 1,
      connectTimeout: 2_000,
      onConnect: () => {
        calls++;
        return new Promise(() => {});
      },
      onBackgroundError: (error) => void (calls > 0 && told.push(error)),
    });
    await until(() => told.length > 0);
    expect(told[0]).toMatchObject({
      name: "ConnectionFailedError",
      message: "onConnect did not end within 2000 ms",
    });
  });
});

describe.each(["onConnect", "beforeAcquire"] as const)("what %s is lent", (hook) => {
  test("is no more its own when it is done, whoever has it then", async () => {
    const kept: PoolConnection[] = [];
    const pool = open({ [hook]: (lent: PoolConnection) => void kept.push(lent) });
    await pool.scope({ "app.tenant": "7" }).transaction(async (tx) => {
      await run(tx, "select 1");
      expect(kept).toHaveLength(1);
      await expect(run(kept[0]!, "select current_setting('app.tenant')")).rejects.toThrow(PoolClosedError);
      expect(() => kept[0]!.client).toThrow(PoolClosedError);
    });
  });

  test("is waited for where it has not waited itself", async () => {
    const pool = open({
      [hook]: (lent: PoolConnection) =>
        void run(lent, "select set_config('app.late', 'set', false), pg_sleep(0.1)"),
    });
    expect(await run(pool, "select current_setting('app.late')")).toEqual([["set"]]);
    expect(pool.stat().newConnsCount).toBe(1);
  });

  test("is not given out in a transaction, in which all that follows would be lost", async () => {
    const pool = open({ [hook]: (lent: PoolConnection) => run(lent, "begin") });
    const error = await run(pool, "select 1").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TransactionBusyError);
    expect((error as Error).message).toContain(`${hook}: it has left a transaction open`);
    expect(pool.stat().acquiredConns).toBe(0);
  });
});

test("a beforeAcquire that refuses all is asked of no endless number of new connections", async () => {
  let asked = 0;
  const pool = open({
    max: 2,
    acquireTimeout: 1_500,
    beforeAcquire: () => {
      asked++;
      return false;
    },
  });
  await expect(run(pool, "select 1")).rejects.toMatchObject({ name: "ConnectionFailedError" });
  // At once as many as there may be and one, then ever more slowly: 50 ms doubled, less a half at most.
  expect(asked).toBeLessThan(12);
});

describe("afterRelease", () => {
  const leave = async (pool: Pool) => {
    await using session = await pool.connect();
    await session.execute("set work_mem = '99MB'");
    await session.execute("create temp table left_behind (n int)");
    await session.execute("select pg_advisory_lock(4711)");
    await session.execute("listen left_behind");
    await session.execute("declare left_behind cursor with hold for select 1");
    await session.execute("set role pg_monitor");
  };
  const LEFT = `select current_setting('work_mem') = '99MB', to_regclass('left_behind') is not null,
    exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
    exists (select from pg_listening_channels()), exists (select from pg_cursors where name = 'left_behind'),
    current_user = 'pg_monitor'`;

  test("resetSession leaves the next one nothing, on the same connection and with what is prepared", async () => {
    const pool = open({ afterRelease: resetSession });
    const before = await backend(pool);
    await leave(pool);
    expect(await run(pool, LEFT)).toEqual([["f", "f", "f", "f", "f", "f"]]);
    expect(await backend(pool)).toBe(before);
    const kept = await run(pool, "select count(*) > 0 from pg_prepared_statements");
    expect(kept).toEqual([["t"]]);
  });

  test("runs for what connect() gave out alone, and before anyone else gets it", async () => {
    const order: string[] = [];
    const pool = open({
      afterRelease: async (connection) => {
        await run(connection, "select pg_sleep(0.02)");
        order.push("released");
      },
    });
    await run(pool, "select 1");
    expect(order).toEqual([]);
    const session = await pool.connect();
    const next = run(pool, "select 1").then(() => order.push("next"));
    session.release();
    session.release();
    await next;
    expect(order).toEqual(["released", "next"]);
  });

  test("one that it does not want, or fails with, is closed; the pool goes on, and the latter is told", async () => {
    const onBackgroundError = jest.fn();
    let failure: Error | undefined;
    const pool = open({
      onBackgroundError,
      afterRelease: () => {
        if (failure !== undefined) throw failure;
        return false;
      },
    });
    const pids = new Set<unknown>();
    for (const one of [undefined, new Error("the hook's")]) {
      failure = one;
      pids.add(await backend(pool));
      (await pool.connect()).release();
      await until(() => pool.stat().totalConns === 0);
    }
    pids.add(await backend(pool));
    expect(pids.size).toBe(3);
    expect(onBackgroundError.mock.calls).toEqual([[expect.objectContaining({ cause: failure })]]);
  });
});

test("onNotice is told what the server says, and harms nobody by throwing", async () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const notices: Notice[] = [];
  const pool = open({
    onNotice: (notice) => {
      notices.push(notice);
      throw new Error("the application's");
    },
  });
  await run(pool, "do $$ begin raise notice 'so far %', 7 using detail = 'd', hint = 'h'; end $$");
  await run(pool, "drop table if exists missing");
  warn.mockRestore();
  expect(notices).toEqual([
    expect.objectContaining({
      severity: "NOTICE",
      sqlState: "00000",
      message: "so far 7",
      detail: "d",
      hint: "h",
    }),
    expect.objectContaining({ sqlState: "00000", message: expect.stringContaining("missing") }),
  ]);
});
