import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { CancelledError, ConnectionLostError, TimeoutError } from "../../src/errors/errors.ts";
import type { LockKey } from "../../src/postgres/advisory-lock.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { ScriptedServer } from "./scripted-server.ts";
import { until } from "./until.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
beforeEach(() => {
  pool = createPool({
    connectionString: database.url,
    max: 4,
    acquireTimeout: 60_000,
    cancelTimeout: 60_000,
  });
});
afterEach(() => pool.close());

const held = async (): Promise<number> => {
  const { rows } = await database.pool.query(
    "select count(*)::int as n from pg_locks where locktype = 'advisory' and granted",
  );
  return rows[0].n;
};

test.each<LockKey>(["billing", 7, -(2n ** 63n), [1, -2]])(
  "%p is held by one, until it is given back",
  async (key) => {
    {
      await using lock = await pool.lock(key);
      expect(lock.signal.aborted).toBe(false);
      expect(await pool.tryLock(key)).toBe(null);
      expect(await pool.tryLock(key, { shared: true })).toBe(null);
      expect(await pool.transaction((tx) => tx.tryLock(key))).toBe(false);
      await expect(pool.lock(key, { timeout: 20 })).rejects.toThrow(TimeoutError);
      expect(await held()).toBe(1);
      const next = pool.lock(key);
      await lock.release();
      await (await next).release();
      await lock.release();
    }
    expect([await held(), pool.stat().acquiredConns]).toEqual([0, 0]);
  },
);

test("several have it who share it", async () => {
  await using one = await pool.lock("s", { shared: true });
  await using two = await pool.tryLock("s", { shared: true });
  expect([one, two]).not.toContain(null);
  expect(await pool.tryLock("s")).toBe(null);
});

test("that of a transaction ends with it, or with the savepoint", async () => {
  await pool.transaction(async (tx) => {
    await tx.lock("t");
    expect(await tx.tryLock("u", { shared: true })).toBe(true);
    const undone = tx.transaction(async (savepoint) => {
      await savepoint.lock("v");
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    expect(await held()).toBe(2);
    expect(await pool.tryLock("t")).toBe(null);
  });
  expect(await held()).toBe(0);
});

test("a lock that is lost with its connection says so", async () => {
  const lock = await pool.lock("lost");
  await database.pool.query(
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted",
  );
  await until(() => lock.signal.aborted);
  expect(lock.signal.reason).toBeInstanceOf(ConnectionLostError);
  await lock.release();
  await (await pool.lock("lost")).release();
});

test.each([1.5, [1], [1, 2, 3], {}, null])("%p is no key", async (key) => {
  await expect(pool.lock(key as never)).rejects.toThrow(TypeError);
  expect(pool.stat().acquiredConns).toBe(0);
});

test.each(["lock", "tryLock"] as const)(
  "%s that is cancelled just when it has the lock leaves none on the connection",
  async (way) => {
    const server = await ScriptedServer.start();
    const scripted = createPool({ host: "127.0.0.1", port: server.port, user: "u", database: "d" });
    try {
      // The server says no more than that the statement was cancelled.
      server.refusal = { of: /advisory_lock\(/, code: "57014" };
      await expect(scripted[way]("k")).rejects.toThrow(CancelledError);
      expect(server.heard.at(-1)).toBe("select pg_catalog.pg_advisory_unlock_all()");
      expect(scripted.stat()).toMatchObject({ acquiredConns: 0, idleConns: 1 });
      server.refusal = { of: /advisory/, code: "57014" };
      await expect(scripted[way]("k")).rejects.toThrow(CancelledError);
      expect(scripted.stat()).toMatchObject({ acquiredConns: 0, idleConns: 0 });
    } finally {
      await scripted.close();
      await server.close();
    }
  },
);
