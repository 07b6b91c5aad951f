import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  ConnectionLostError,
  TimeoutError,
  TransactionBusyError,
  TransactionClosedError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import { statementName } from "../../src/postgres/prepared-statements.ts";
import type { Transaction } from "../../src/postgres/transaction.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

// BEGIN goes out with a transaction's first statement. Whatever comes first, it is inside the transaction.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  // One connection, so that a test can look at what the last one left on it.
  pool = createPool({ connectionString: database.url, max: 1, acquireTimeout: 60_000 });
  await run(pool, "create table t (n int)");
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});
beforeEach(() => run(pool, "truncate t"));

const stored = async () => {
  const { rows } = await database.pool.query("select n from t order by n");
  return rows.map(({ n }) => n);
};
/** Of the pool's connection. */
const backend = async () => (await run(pool, "select pg_backend_pid()"))[0]?.[0];
const lastStatement = async (pid: unknown): Promise<string> =>
  (await database.pool.query("select query from pg_stat_activity where pid = $1", [pid])).rows[0].query;
const failure = new Error("to be rolled back");

const copy: CopyConfig<number> = {
  schema: "public",
  table: "t",
  columns: ["n"],
  rows: [1, 2],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
};
const insert = "insert into t values (1) returning n";
const firsts: [string, (tx: Transaction) => Promise<unknown>][] = [
  ["a statement", (tx) => run(tx, insert)],
  ["a statement that is not prepared", (tx) => tx.execute(insert)],
  ["several at once", (tx) => Promise.all([run(tx, insert), run(tx, insert), tx.execute(insert)])],
  ["a batch", (tx) => tx.batch([statement(insert), statement(insert)])],
  ["COPY", (tx) => tx.copyRows(copy)],
  [
    "a stream",
    async (tx) => {
      // Another statement between the rows: the connection is not the cursor's alone.
      for await (const _ of tx.stream(statement(insert))) await run(tx, insert);
    },
  ],
  ["a savepoint", (tx) => tx.transaction((sp) => run(sp, insert))],
];

test.each(firsts)("%s is rolled back", async (_, first) => {
  const work = pool.transaction(async (tx) => {
    await first(tx);
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(await stored()).toEqual([]);
});

test.each(firsts)("%s is committed", async (_, first) => {
  const tx = await pool.begin();
  await first(tx);
  await tx.commit();
  expect((await stored()).length).toBeGreaterThan(0);
});

test("a commit waits for a first statement that nobody waited for", async () => {
  const tx = await pool.begin();
  const inserted = run(tx, insert);
  await tx.commit();
  await inserted;
  expect(await stored()).toEqual([1]);
});

test("nothing is sent for a transaction without statements", async () => {
  const pid = await backend();
  await run(pool, "select 'marker'");
  await pool.transaction(async () => {});
  await (await pool.begin()).rollback();
  await (await pool.begin({ isolation: "serializable" })).commit();
  expect(await lastStatement(pid)).toBe("select 'marker'");
  expect(await backend()).toBe(pid);
});

test("a COPY is not sent where the time was over during BEGIN", async () => {
  const proxy = await FaultyProxy.start(database.url);
  await using slow = createPool({ connectionString: proxy.url, max: 1, cancelTimeout: 60_000 });
  await run(slow, "select 1");
  proxy.delay = 50;
  const endless = (async function* () {
    for (;;) yield await delay(5, 1);
  })();
  const work = slow.transaction((tx) => tx.copyRows({ ...copy, rows: endless, timeout: 20 }));
  await expect(work).rejects.toBeInstanceOf(TimeoutError);
  await run(slow, "select 1");
  // On the same connection still.
  expect(slow.stat().newConnsCount).toBe(1);
  await slow.close();
  await proxy.close();
});

describe("a stream that nobody waited for", () => {
  test("is not run after the end", async () => {
    const tx = await pool.begin();
    const first = tx.stream(statement(insert)).next();
    const refused = expect(first).rejects.toBeInstanceOf(TransactionClosedError);
    await tx.commit();
    await refused;
    expect(await stored()).toEqual([]);
  });

  test("is not run in a savepoint that began after it", async () => {
    const tx = await pool.begin();
    const first = tx.stream(statement(insert)).next();
    const refused = expect(first).rejects.toBeInstanceOf(TransactionBusyError);
    await expect(tx.transaction(() => Promise.reject(failure))).rejects.toBe(failure);
    await refused;
    await tx.commit();
    expect(await stored()).toEqual([]);
  });

  test("does not touch the next transaction on the connection", async () => {
    const tx = await pool.begin();
    const rows = tx.stream(statement("select * from generate_series(1, 5000)"));
    await rows.next();
    await tx.commit();
    const next = await pool.begin();
    await run(next, insert);
    const all = async () => {
      for await (const _ of rows);
    };
    await expect(all()).rejects.toBeInstanceOf(TransactionClosedError);
    await next.commit();
    expect(await stored()).toEqual([1]);
  });
});

test("where the first statement fails, the transaction has failed", async () => {
  const tx = await pool.begin();
  await expect(run(tx, "select 1 / 0")).rejects.toMatchObject({ sqlState: "22012" });
  await expect(run(tx, insert)).rejects.toMatchObject({ sqlState: "25P02" });
  await tx.rollback();
  expect(await stored()).toEqual([]);
});

test.each([
  ["a statement", firsts[0]![1], { readOnly: false }, "begin read write"],
  [
    "a statement that is not prepared",
    firsts[1]![1],
    { isolation: "repeatable read" },
    "begin isolation level repeatable read",
  ],
] as const)(
  "where BEGIN is refused at first, %s is not run outside a transaction",
  async (_, first, options, begin) => {
    // On the server, and not known to us, so that BEGIN cannot be prepared under its name before that is given up.
    await run(pool, `prepare "${statementName(begin, "begin")}" as select 1`);
    await using tx = await pool.begin(options);
    await first(tx);
    await tx.rollback();
    expect(await stored()).toEqual([]);
  },
);

test("a BEGIN that somebody deallocated is prepared again", async () => {
  const transact = () => pool.transaction((tx) => run(tx, insert));
  await transact();
  await run(pool, "deallocate all");
  await transact();
  expect(await stored()).toEqual([1, 1]);
});

describe("on a connection that was taken out, which can be used beside the transaction", () => {
  test("it is begun at once", async () => {
    {
      await using connection = await pool.connect();
      const tx = await connection.begin();
      await connection.client.query(insert);
      await tx.rollback();
    }
    expect(await stored()).toEqual([]);
  });

  test("where it could not begin, nothing is due", async () => {
    {
      await using connection = await pool.connect();
      await expect(connection.begin({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
      await run(connection, insert);
    }
    expect(await stored()).toEqual([1]);
  });

  test("what was asked for before is not part of it", async () => {
    {
      await using connection = await pool.connect();
      const earlier = [run(connection, "select pg_sleep(0.1)"), run(connection, insert)];
      const tx = await connection.begin();
      await tx.rollback();
      await Promise.all(earlier);
    }
    expect(await stored()).toEqual([1]);
  });

  test("nor is what the one before has left waiting, which is given up", async () => {
    const connection = await pool.connect();
    const earlier = [run(connection, "select pg_sleep(60)"), run(connection, insert)];
    const given = Promise.all(earlier.map((one) => expect(one).rejects.toBeInstanceOf(ConnectionLostError)));
    connection.release();
    const tx = await pool.begin();
    await run(tx, insert);
    await tx.rollback();
    await given;
    expect(await stored()).toEqual([]);
  });

  test("there is one at a time", async () => {
    await using connection = await pool.connect();
    await using tx = await connection.begin();
    await expect(connection.begin()).rejects.toBeInstanceOf(TransactionBusyError);
    await run(tx, insert);
  });

  test("giving it back in a transaction closes it", async () => {
    const pid = await backend();
    const connection = await pool.connect();
    await connection.begin();
    connection.release();
    expect(await backend()).not.toBe(pid);
  });
});
