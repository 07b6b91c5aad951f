import type { PGlite } from "@electric-sql/pglite";
import { openEmbedded } from "../../../tests/postgres/embedded.ts";
import { fromPGlite } from "../../src/adapters/from-pglite.ts";
import {
  OutcomeUnknownError,
  PoolExhaustedError,
  StatementError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import type { Pool } from "../../src/postgres/pool.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { run } from "../postgres/run.ts";
import { statement } from "../postgres/statement.ts";

// A pool without a server, as tests of a service want it.

let db: PGlite;
beforeAll(async () => {
  db = await openEmbedded();
  await db.exec("create table t (n int primary key)");
});
afterAll(() => db?.close());
beforeEach(() => db.exec("truncate t"));
afterEach(() => fromPGlite(db).close());

const stored = async () =>
  (await db.query<{ n: number }>("select n from t order by n")).rows.map(({ n }) => n);
const insert = (n: number) => statement("insert into t values ($1) returning n", [n]);
const copy = (rows: CopyConfig<number>["rows"]): CopyConfig<number> => ({
  schema: "public",
  table: "t",
  columns: ["n"],
  rows,
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
});

test("statements, batches and streams are as on a server", async () => {
  const pool = fromPGlite(db);
  expect(await run(pool, "select $1::int + 1, 'x', null, date '2026-11-28'", [1])).toEqual([
    ["2", "x", null, "2026-11-28"],
  ]);
  const settled = await pool.batch([insert(1), insert(1), insert(2)]);
  expect(
    settled.map((one) => (one.status === "fulfilled" ? one.value.rows : one.reason.constructor)),
  ).toEqual([[["1"]], UniqueViolationError, [["2"]]]);
  const atomic = await pool.batch([insert(3), insert(1)], { atomic: true });
  expect(atomic.map((one) => one.status === "rejected" && one.reason.constructor)).toEqual([
    TransactionRolledBackError,
    UniqueViolationError,
  ]);
  let rows = 0;
  for await (const _ of pool.stream(statement("select generate_series(1, 1000)"))) rows++;
  expect(rows).toBe(1000);
  for await (const _ of pool.stream(statement("select generate_series(1, 1000)"))) break;
  expect(await stored()).toEqual([1, 2]);
});

test("a transaction's last call commits", async () => {
  const pool = fromPGlite(db);
  const { rows } = await pool.transaction(async (tx) => {
    await tx.query(insert(1));
    return tx.last.query(insert(2));
  });
  expect(rows).toEqual([["2"]]);
  const refused = pool.transaction(async (tx) => {
    await tx.query(insert(3));
    await tx.last.query(insert(1));
  });
  await expect(refused).rejects.toBeInstanceOf(UniqueViolationError);
  expect(await stored()).toEqual([1, 2]);
});

test("COPY goes by INSERT, all or nothing; one by hand is an error, and not PGlite's end", async () => {
  const pool = fromPGlite(db);
  const ids = Array.from({ length: 1200 }, (_, i) => i);
  expect(await pool.copyRows(copy(ids))).toBe(1200);
  await expect(pool.copyRows(copy([5000, 1]))).rejects.toThrow(UniqueViolationError);
  expect(await pool.transaction((tx) => tx.copyRows(copy([2000])))).toBe(1);
  expect(await stored()).toHaveLength(1201);
  await expect(pool.execute("copy t from stdin")).rejects.toThrow(StatementError);
  await expect(pool.execute("-- why\n  COPY t (n) FROM STDIN with (format csv)")).rejects.toThrow(
    StatementError,
  );
  expect(await run(pool, "select count(*), 'copy t from stdin' from t")).toEqual([
    ["1201", "copy t from stdin"],
  ]);
});

test("a transaction is shared with what is asked of PGlite itself", async () => {
  const pool = fromPGlite(db);
  const failing = pool.transaction(async (tx) => {
    await tx.query(insert(1));
    await db.query("insert into t values (2)");
    expect(await tx.transaction((savepoint) => run(savepoint, "select count(*) from t"))).toEqual([["2"]]);
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  expect(await stored()).toEqual([]);
  await pool.transaction((tx) => tx.query(insert(1)));
  expect(await stored()).toEqual([1]);
});

describe("in a transaction of PGlite's own", () => {
  test("a statement is part of it, be it kept or undone", async () => {
    const pool = fromPGlite(db);
    await run(pool, "select 1");
    const works = [
      () => run(pool, "insert into t values (2)"),
      () => run(pool, "insert into t select 2 as end where 'begin' <> 'commit'"),
      () => pool.batch([insert(2)]),
      () => pool.batch([insert(2)], { atomic: true }),
      () => pool.copyRows(copy([2])),
      async () => {
        for await (const _ of pool.stream(insert(2)));
      },
      async () => {
        for await (const _ of pool.stream(insert(2))) break;
      },
      async () => {
        await run(pool, "savepoint mark");
        await run(pool, "insert into t values (2), (3)");
        await run(pool, "rollback to savepoint mark");
        await run(pool, "insert into t values (2)");
        await run(pool, "rollback work to mark");
        await run(pool, "insert into t values (2)");
      },
    ];
    for (const work of works) {
      const undone = db.transaction(async (tx) => {
        await tx.query("insert into t values (1)");
        await work();
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect((await tx.query("select n from t")).rows).toHaveLength(2);
        await tx.rollback();
      });
      await undone;
      expect(await stored()).toEqual([]);
      await db.exec("begin; insert into t values (1)");
      await work();
      await db.exec("commit");
      expect(await stored()).toEqual([1, 2]);
      await db.exec("truncate t");
    }
    expect(pool.stat()).toMatchObject({ newConnsCount: 1, idleConns: 1 });
  });

  test("an error is its error", async () => {
    const pool = fromPGlite(db);
    await run(pool, "select 1");
    const failing = db.transaction(async (tx) => {
      await tx.query("insert into t values (1)");
      await expect(run(pool, "select 1 / 0")).rejects.toThrow(StatementError);
      await tx.query("insert into t values (2)");
    });
    await expect(failing).rejects.toThrow("current transaction is aborted");
    expect(await stored()).toEqual([]);
  });

  test.each<[string, (pool: Pool) => Promise<unknown>]>([
    ["a transaction", (pool) => pool.transaction((inner) => inner.query(insert(2)))],
    ["begin", (pool) => pool.execute("begin")],
    ["commit", (pool) => pool.execute("-- now\n commit")],
    ["rollback, prepared", (pool) => run(pool, "rollback")],
  ])("there is no other, and it is not ended: %s", async (_, how) => {
    const pool = fromPGlite(db);
    await run(pool, "select 1");
    await db.transaction(async (tx) => {
      await tx.query("insert into t values (1)");
      const begun = how(pool);
      await expect(begun).rejects.toMatchObject({ cause: { message: /the pool has not begun/ } });
      // Nor does a new connection wait for it.
      await expect(run(pool, "select 1")).rejects.toMatchObject({
        name: "ConnectionFailedError",
        cause: { message: expect.stringContaining("the pool has not begun") },
      });
    });
    expect(await stored()).toEqual([1]);
    expect(await run(pool, "select 1")).toEqual([["1"]]);
  });
});

test("a transaction that somebody else has ended is no success", async () => {
  const pool = fromPGlite(db);
  const work = pool.transaction(async (tx) => {
    await tx.query(insert(1));
    await db.transaction((theirs) => theirs.query("insert into t values (2)"));
  });
  await expect(work).rejects.toThrow(OutcomeUnknownError);
  await expect(work).rejects.toMatchObject({ cause: { cause: { message: /was ended by who else/ } } });
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("nor is it undone, where it is to be", async () => {
  const pool = fromPGlite(db);
  const failure = new Error("undo");
  const work = pool.transaction(async (tx) => {
    await tx.query(insert(1));
    await db.exec("commit");
    throw failure;
  });
  await expect(work).rejects.toMatchObject({ name: "TransactionClosedError", cause: failure });
  expect(await stored()).toEqual([1]);
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("transactions that want to run at once run one after the other", async () => {
  const pool = fromPGlite(db);
  await Promise.all(
    Array.from({ length: 5 }, (_, i) =>
      pool.transaction(async (tx) => {
        await tx.query(insert(i));
        await new Promise((resolve) => setImmediate(resolve));
        if (i % 2 === 1) throw new Error("undo");
      }),
    ).map((one) => one.catch(() => {})),
  );
  expect(await stored()).toEqual([0, 2, 4]);
});

test("scopes are, with a role that policies hold", async () => {
  await db.exec(`
    create role app;
    create table items (tenant int, n int);
    insert into items values (1, 10), (2, 20);
    alter table items enable row level security;
    create policy own on items using (tenant = nullif(current_setting('app.tenant', true), '')::int);
    grant select on items to app`);
  const pool = fromPGlite(db);
  const text = "select n from items";
  expect(await run(pool.scope({ role: "app", "app.tenant": "2" }), text)).toEqual([["20"]]);
  expect(await run(pool.scope({ role: "app", "app.tenant": "3" }), text)).toEqual([]);
  expect(await run(pool, text)).toEqual([["10"], ["20"]]);
});

test("what is given up leaves no transaction open, and closing leaves PGlite open", async () => {
  const pool = fromPGlite(db, { acquireTimeout: 20 });
  expect(fromPGlite(db)).toBe(pool);
  const left = await pool.begin();
  await left.query(insert(1));
  await expect(run(pool, "select 1")).rejects.toThrow(PoolExhaustedError);
  await pool.close({ timeout: 0 });
  expect(await stored()).toEqual([]);
  expect(fromPGlite(db)).not.toBe(pool);
  expect(await run(fromPGlite(db), "select 1")).toEqual([["1"]]);
});
