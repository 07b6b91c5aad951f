import pg from "pg";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { fromPg } from "../../src/adapters/from-pg.ts";
import {
  CancelledError,
  ConnectionFailedError,
  PoolClosedError,
  TimeoutError,
  TransactionBusyError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { createPool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { run } from "../postgres/run.ts";
import { statement } from "../postgres/statement.ts";
import { until, untilAsleep } from "../postgres/until.ts";
import { SocketTaker } from "./takes-socket.ts";

// Generated functions on an application's own pool and clients, beside what it still does with them by hand.

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query("create table t (n int primary key)");
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.pool.query("truncate t");
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
});
afterEach(() => pool.end());

const stored = async () => (await database.pool.query("select n from t order by n")).rows.map(({ n }) => n);
const insert = (n: number) => statement("insert into t values ($1) returning n", [n]);
const copy = (...rows: number[]): CopyConfig<number> => ({
  schema: "public",
  table: "t",
  columns: ["n"],
  rows,
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
});

/** All that generated functions ask for. */
async function exercise(on: Queryable): Promise<void> {
  expect(await run(on, "select $1::int + 1, 'x', null", [1])).toEqual([["2", "x", null]]);
  expect((await on.batch([insert(1), insert(1), insert(2)])).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect((await on.batch([insert(3), insert(1)], { atomic: true })).map(({ status }) => status)).toEqual([
    "rejected",
    "rejected",
  ]);
  await expect(on.query(insert(1))).rejects.toThrow(UniqueViolationError);
  expect(await on.copyRows(copy(4, 5))).toBe(2);
  const rows: unknown[] = [];
  for await (const [n] of on.stream(statement("select generate_series(1, 1000)"))) rows.push(n);
  expect(rows).toHaveLength(1000);
  for await (const _ of on.stream(statement("select generate_series(1, 1000)"))) break;
  expect(await stored()).toEqual([1, 2, 4, 5]);
}

describe.each([false, true])("prepared: %s", (prepare) => {
  test("a pool runs all that generated functions ask for", async () => {
    await exercise(fromPg(pool, { prepare }));
    expect([pool.idleCount, pool.waitingCount]).toEqual([pool.totalCount, 0]);
  });

  test("a client does", async () => {
    const client = await pool.connect();
    await exercise(fromPg(client, { prepare }));
    client.release();
  });
});

test("a transaction is shared with what is written by hand, from both sides", async () => {
  const db = fromPg(pool);
  const failing = db.transaction(async (tx, client) => {
    await client.query("insert into t values (1)");
    await tx.query(insert(2));
    expect((await client.query("select count(*)::int as n from t")).rows).toEqual([{ n: 2 }]);
    expect(await stored()).toEqual([]);
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  expect(await stored()).toEqual([]);
  await db.transaction(async (tx, client) => {
    await client.query("insert into t values (1)");
    await tx.transaction((savepoint) => savepoint.query(insert(2)));
  });
  expect(await stored()).toEqual([1, 2]);

  const client = await pool.connect();
  await client.query("begin");
  await fromPg(client).query(insert(3));
  await expect(fromPg(client).begin()).rejects.toThrow(TransactionBusyError);
  for await (const _ of fromPg(client).stream(statement("select generate_series(1, 1000)"))) break;
  expect(await stored()).toEqual([1, 2]);
  await client.query("rollback");
  client.release();
  expect(await stored()).toEqual([1, 2]);
});

describe("a transaction that somebody else has ended", () => {
  const failure = new Error("undo");
  const fail = async () => {
    throw failure;
  };

  test.each(["commit", "commit; select 1", "end"])(
    "by %s can no longer be undone, and says so",
    async (ending) => {
      const work = fromPg(pool).transaction(async (tx, client) => {
        await tx.query(insert(1));
        await client.query(ending);
        return fail();
      });
      await expect(work).rejects.toMatchObject({
        name: "TransactionClosedError",
        message: expect.stringContaining("may have been committed"),
        cause: failure,
      });
      expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    },
  );

  test("nor within a savepoint, by a statement of ours, or where its time is over", async () => {
    const db = fromPg(pool);
    const inSavepoint = db.transaction(async (tx, client) => {
      await tx.query(insert(1));
      await tx.transaction(async (savepoint) => {
        await savepoint.query(insert(2));
        await client.query("commit");
        return fail();
      });
    });
    await expect(inSavepoint).rejects.toMatchObject({ name: "TransactionClosedError", cause: failure });
    const ours = db.transaction(async (tx) => {
      await tx.query(insert(3));
      await tx.execute("commit");
      return fail();
    });
    await expect(ours).rejects.toMatchObject({ name: "TransactionClosedError", cause: failure });
    const late = db.transaction(
      async (tx) => {
        await tx.query(insert(4));
        await tx.execute("commit");
        return new Promise<never>(() => {});
      },
      { timeout: 300 },
    );
    await expect(late).rejects.toMatchObject({
      name: "TransactionClosedError",
      cause: expect.any(TimeoutError),
    });
    expect(await stored()).toEqual([1, 2, 3, 4]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  test("by COMMIT, and who has begun another, which alone is undone", async () => {
    const work = fromPg(pool).transaction(async (tx, client) => {
      await tx.query(insert(1));
      await client.query("commit");
      await client.query("begin");
      await tx.query(insert(2));
      return fail();
    });
    await expect(work).rejects.toMatchObject({ name: "TransactionClosedError", cause: failure });
    expect(await stored()).toEqual([1]);
  });

  test("by ROLLBACK is undone, and fails with what its work throws", async () => {
    const db = fromPg(pool);
    const byHand = db.transaction(async (tx, client) => {
      await tx.query(insert(1));
      await client.query("rollback");
      return fail();
    });
    await expect(byHand).rejects.toBe(failure);
    const ours = db.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.execute("rollback");
      return fail();
    });
    await expect(ours).rejects.toBe(failure);
    expect(await stored()).toEqual([]);
  });
});

describe("a client that is released too early", () => {
  let only: pg.Pool;
  beforeEach(() => {
    only = new pg.Pool({ connectionString: database.url, max: 1 });
  });
  afterEach(() => only.end());

  test("within a transaction is nobody else's before its end", async () => {
    const db = fromPg(only);
    const others: Promise<unknown>[] = [];
    const work = db.transaction(async (tx, client) => {
      await tx.query(insert(1));
      client.release();
      others.push(only.query("insert into t values (10)"), db.query(insert(11)));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await tx.query(insert(2));
      throw new Error("undo");
    });
    await expect(work).rejects.toThrow("undo");
    await Promise.all(others);
    expect(await stored()).toEqual([10, 11]);
    expect([only.totalCount, only.idleCount]).toEqual([1, 1]);
  });

  test("to be closed is so at the end", async () => {
    await fromPg(only).transaction(async (tx, client) => {
      await tx.query(insert(1));
      client.release(true);
      await tx.query(insert(2));
    });
    expect(await stored()).toEqual([1, 2]);
    expect(only.totalCount).toBe(0);
  });

  test("in a transaction by hand is not used in it", async () => {
    const db = fromPg(only);
    const theirs = await only.connect();
    await theirs.query("begin");
    await theirs.query("insert into t values (1)");
    theirs.release();
    await expect(db.query(insert(2))).rejects.toThrow(TransactionBusyError);
    await db.query(insert(3));
    expect(await stored()).toEqual([3]);
    // What was asked of it before its release is waited for.
    const hasty = await only.connect();
    const done = [hasty.query("begin"), hasty.query("insert into t values (4)"), hasty.query("commit")];
    hasty.release();
    await db.query(insert(5));
    await Promise.all(done);
    expect(await stored()).toEqual([3, 4, 5]);
  });
});

test("a transaction's last call commits", async () => {
  const { rows } = await fromPg(pool).transaction(async (tx) => {
    await tx.query(insert(1));
    return tx.last.query(insert(2));
  });
  expect(rows).toEqual([["2"]]);
  const refused = fromPg(pool).transaction(async (tx) => {
    await tx.query(insert(3));
    await tx.last.query(insert(1));
  });
  await expect(refused).rejects.toBeInstanceOf(UniqueViolationError);
  expect(await stored()).toEqual([1, 2]);
});

test("a pool that was ended is closed", async () => {
  const ended = new pg.Pool({ connectionString: database.url });
  await ended.end();
  await expect(fromPg(ended).query(insert(1))).rejects.toThrow(PoolClosedError);
});

test("what was prepared and hand-written code has deallocated is prepared again, in a transaction too", async () => {
  await fromPg(pool, { prepare: true }).transaction(async (tx, client) => {
    expect(await run(tx, "select $1::int", [1])).toEqual([["1"]]);
    await client.query("deallocate all");
    expect(await run(tx, "select $1::int", [2])).toEqual([["2"]]);
  });
});

test("what is asked of the client at the same time waits its turn, on both sides", async () => {
  const client = await pool.connect();
  const db = fromPg(client);
  const all = await Promise.all([
    client.query("select pg_sleep(0.05), 0 as n"),
    run(db, "select 1"),
    client.query("select pg_sleep(0.05), 2 as n"),
    run(db, "select 3"),
    db.batch([statement("select 4"), statement("select 5")]),
    client.query("select 6 as n"),
  ]);
  expect(all.map((one) => ("rows" in one ? one.rows[0].n : one.length))).toEqual([0, 1, 2, 1, 2, 6]);
  client.release();
});

test("a statement is cancelled, and the connection stays its owner's", async () => {
  const db = fromPg(pool);
  const abort = new AbortController();
  const slow = run(db, "select pg_sleep(600)", [], { signal: abort.signal });
  await untilAsleep(database.pool);
  abort.abort();
  await expect(slow).rejects.toThrow(CancelledError);
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  const [one, two] = [await pool.connect(), await pool.connect()];
  await expect(run(db, "select 1", [], { timeout: 20 })).rejects.toThrow(TimeoutError);
  one.release();
  two.release();
  expect(await run(db, "select 1")).toEqual([["1"]]);
});

describe("a rollback waits for nothing that is written by hand, and cancels it", () => {
  const sleep = "select pg_sleep(600)";

  test("when the transaction's time is over", async () => {
    const abort = new AbortController();
    const byHand: Promise<unknown>[] = [];
    const work = fromPg(pool).transaction(
      async (tx, client) => {
        await tx.query(insert(1));
        byHand.push(client.query(sleep), client.query(sleep));
        await Promise.all(byHand);
      },
      { signal: abort.signal },
    );
    await untilAsleep(database.pool);
    abort.abort();
    await expect(work).rejects.toThrow(CancelledError);
    const ends = await Promise.allSettled(byHand);
    expect(ends.map((one) => one.status === "rejected" && one.reason.code)).toEqual(["57014", "25P02"]);
    expect([await stored(), pool.totalCount, pool.idleCount]).toEqual([[], 1, 1]);
  });

  test("nor for what stands behind a statement of ours", async () => {
    const abort = new AbortController();
    const byHand: Promise<unknown>[] = [];
    const work = fromPg(pool).transaction(
      async (tx, client) => {
        await tx.query(insert(1));
        const ours = run(tx, sleep).catch(() => {});
        await untilAsleep(database.pool);
        byHand.push(client.query("select pg_sleep(0.2)"), client.query(sleep));
        await Promise.all([ours, ...byHand]);
      },
      { signal: abort.signal },
    );
    await until(() => byHand.length === 2);
    abort.abort();
    await expect(work).rejects.toThrow(CancelledError);
    const ends = await Promise.allSettled(byHand);
    expect(ends.map((one) => one.status === "rejected" && one.reason.code)).toEqual(["25P02", "25P02"]);
    expect([await stored(), pool.totalCount, pool.idleCount]).toEqual([[], 1, 1]);
  });

  test("nor for what stands behind one that waits its turn", async () => {
    const abort = new AbortController();
    const byHand: Promise<unknown>[] = [];
    const work = fromPg(pool).transaction(
      async (tx, client) => {
        await tx.query(insert(1));
        byHand.push(client.query(sleep));
        const ours = [1, 2].map((n) => tx.query(insert(n)).catch(() => {}));
        byHand.push(client.query("savepoint s"), client.query(sleep));
        await Promise.all([...ours, ...byHand]);
      },
      { signal: abort.signal },
    );
    await untilAsleep(database.pool);
    abort.abort();
    await expect(work).rejects.toThrow(CancelledError);
    await Promise.allSettled(byHand);
    expect([await stored(), pool.totalCount, pool.idleCount]).toEqual([[], 1, 1]);
  });

  test("of a savepoint, which leaves the rest as it was", async () => {
    await fromPg(pool).transaction(async (tx, client) => {
      await tx.query(insert(1));
      const savepoint = await tx.begin();
      const byHand = expect(client.query(sleep)).rejects.toMatchObject({ code: "57014" });
      await untilAsleep(database.pool);
      await savepoint.rollback();
      await byHand;
    });
    expect(await stored()).toEqual([1]);
  });
});

test("the limit of pg's own for a query is a time-out of ours", async () => {
  const client = new pg.Client({ connectionString: database.url, query_timeout: 50 });
  await client.connect();
  const db = fromPg(client);
  await expect(run(db, "select pg_sleep(0.2)")).rejects.toThrow(TimeoutError);
  await client.end();
});

test("one that was left in a transaction is not lent to the next", async () => {
  const db = fromPg(pool);
  await db.query(statement("begin"));
  await run(db, "select 1");
  expect((await pool.query("select pg_current_xact_id_if_assigned() is null as none")).rows).toEqual([
    { none: true },
  ]);
  expect(pool.totalCount).toBe(1);
});

test("scopes are there too", async () => {
  const scope = fromPg(pool).scope({ "app.tenant_id": "7" });
  const text = "select current_setting('app.tenant_id', true)";
  expect(await run(scope, text)).toEqual([["7"]]);
  expect(await run(scope.replica, text)).toEqual([["7"]]);
  expect(await scope.transaction((tx) => run(tx, text))).toEqual([["7"]]);
  expect((await pool.query(`${text} as value`)).rows).toEqual([{ value: "" }]);
});

test("sessions whose settings change values are refused, and used once they are right", async () => {
  const wrong = new pg.Pool({
    connectionString: database.url,
    max: 1,
    options: "-c datestyle=german -c bytea_output=escape",
  });
  const db = fromPg(wrong);
  await expect(run(db, "select 1")).rejects.toThrow("DateStyle is German");
  await wrong.query("set datestyle = iso");
  await expect(run(db, "select 1")).rejects.toThrow("bytea_output is escape");
  await wrong.query("set bytea_output = hex");
  expect(await run(db, "select date '2026-11-28'")).toEqual([["2026-11-28"]]);
  expect([wrong.totalCount, wrong.idleCount]).toEqual([1, 1]);
  await wrong.end();
});

test("what cannot be used is refused with a sentence", async () => {
  const nowhere = new pg.Pool({ host: "127.0.0.1", port: 1 });
  await expect(run(fromPg(nowhere), "select 1")).rejects.toThrow(ConnectionFailedError);
  await nowhere.end();
  expect(() => fromPg({ native: {}, query() {} } as unknown as pg.Client)).toThrow(/pg\.native/);
  expect(() => fromPg({} as pg.Client)).toThrow("not a client of pg, or a pool");
  const options = { connectionString: database.url, pipeline: true, max: 1 };
  expect(() => fromPg(new pg.Client(options))).toThrow(/pipeline: true takes no/);
  const pipelined = new pg.Pool(options);
  await expect(run(fromPg(pipelined), "select 1")).rejects.toThrow(/pipeline: true takes no/);
  expect([pipelined.totalCount, pipelined.idleCount]).toEqual([1, 1]);
  await pipelined.end();
  expect(() => fromPg({ connection: { stream: {} } } as unknown as pg.Client)).toThrow("too old");
});

test.each([Number.NaN, -1, "5" as never])("a cancelTimeout of %p is refused at once", (cancelTimeout) => {
  expect(() => fromPg(pool, { cancelTimeout })).toThrow(RangeError);
});

describe("hand-written code that takes the socket over for a COPY, as pg-copy-streams does", () => {
  const text = "copy (select g from generate_series(1, 20000) g) to stdout";
  const lines = async (client: Pick<pg.Client, "query">) => {
    let all = "";
    for await (const piece of client.query(new SocketTaker(text).submittable) as unknown as SocketTaker)
      all += piece;
    return all.split("\n").length - 1;
  };

  test.each(["before", "after"])(
    "%s generated functions have run on the client, and between them",
    async (when) => {
      const client = await pool.connect();
      try {
        const db = fromPg(client, { prepare: true });
        if (when === "after") expect(await run(db, "select 1")).toEqual([["1"]]);
        expect(await lines(client)).toBe(20_000);
        expect(await run(db, "select 2")).toEqual([["2"]]);
        expect(await lines(client)).toBe(20_000);
        expect((await client.query("select 3 as n")).rows).toEqual([{ n: 3 }]);
        expect(await run(db, "select 4")).toEqual([["4"]]);
        // What waits in `pg`'s queue is begun while the answer before it is being read.
        const [first, copied, last] = await Promise.all([
          client.query("select 5 as n"),
          lines(client),
          run(db, "select 6"),
        ]);
        expect([first.rows, copied, last]).toEqual([[{ n: 5 }], 20_000, [["6"]]]);
      } finally {
        client.release();
      }
    },
  );

  test("and on a connection of a pool of ours", async () => {
    const ours = createPool({ connectionString: database.url, max: 1 });
    const session = await ours.connect();
    expect(await lines(session.client)).toBe(20_000);
    expect(await run(session, "select 1")).toEqual([["1"]]);
    expect((await session.client.query("select 2 as n")).rows).toEqual([{ n: 2 }]);
    expect(await lines(session.client)).toBe(20_000);
    session.release();
    expect(await run(ours, "select 3")).toEqual([["3"]]);
    expect(ours.stat().newConnsCount).toBe(1);
    await ours.close();
  });
});
