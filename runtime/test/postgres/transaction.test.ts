import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  DeadlockError,
  ForeignKeyViolationError,
  SerializationFailureError,
  TimeoutError,
  TransactionBusyError,
  TransactionClosedError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { Transaction } from "../../src/postgres/transaction.ts";
import type { Client, CopyConfig } from "../../src/statement.ts";
import { run } from "./run.ts";
import { until, untilAsleep } from "./until.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 5, cancelTimeout: 60_000 });
  await run(pool, "create table t (n int constraint t_n_key unique)");
  await run(pool, "create table account (id int primary key, balance int not null)");
  await run(
    pool,
    "create table child (n int constraint child_n_fkey references t (n) deferrable initially deferred)",
  );
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});
beforeEach(async () => {
  await run(pool, "truncate t, child, account");
});
afterEach(() => {
  // Whatever a test did, nothing is left open or taken.
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
});

function abortedSoon(): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  return abort.signal;
}
const insert = (on: Client, n: number) => run(on, "insert into t values ($1)", [n]);
const copied: Omit<CopyConfig<number>, "rows"> = {
  schema: "public",
  table: "t",
  columns: ["n"],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
};
const all = async () => (await run(pool, "select n from t order by n")).map(([n]) => Number(n));

test("what resolves is committed, what rejects is rolled back, and its error comes through", async () => {
  const result = await pool.transaction(async (tx) => {
    await insert(tx, 1);
    return "result";
  });
  expect(result).toBe("result");
  const failure = new Error("no");
  const work = pool.transaction(async (tx) => {
    await insert(tx, 2);
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(await all()).toEqual([1]);
});

test("an explicit one is committed once, and a rollback after that is harmless", async () => {
  const tx = await pool.begin();
  await insert(tx, 1);
  await tx.commit();
  await tx.rollback();
  await expect(tx.commit()).rejects.toBeInstanceOf(TransactionClosedError);
  await expect(insert(tx, 2)).rejects.toBeInstanceOf(TransactionClosedError);
  expect(await all()).toEqual([1]);
});

test("await using rolls back what was not committed", async () => {
  {
    await using tx = await pool.begin();
    await insert(tx, 1);
  }
  {
    await using tx = await pool.begin();
    await insert(tx, 2);
    await tx.commit();
  }
  expect(await all()).toEqual([2]);
});

test("a COMMIT that the server turned into ROLLBACK is an error", async () => {
  const work = pool.transaction(async (tx) => {
    await insert(tx, 1);
    await insert(tx, 1).catch(() => {});
  });
  await expect(work).rejects.toBeInstanceOf(TransactionRolledBackError);
  expect(await all()).toEqual([]);
});

test("a deferred constraint speaks at COMMIT", async () => {
  const work = pool.transaction((tx) => run(tx, "insert into child values (1)"));
  await expect(work).rejects.toBeInstanceOf(ForeignKeyViolationError);
});

describe("a statement that ends the transaction", () => {
  const how = ["commit", "rollback"] as const;

  test.each(how)("%s: it is not said to be committed", async (ending) => {
    const work = pool.transaction(async (tx) => {
      await insert(tx, 1);
      await tx.execute(ending);
    });
    await expect(work).rejects.toMatchObject({ name: "TransactionClosedError", query: "commit" });
    expect(await all()).toEqual(ending === "commit" ? [1] : []);
  });

  test.each(how)("%s: nothing runs in it any more, which would be alone, and in no scope", async (ending) => {
    await using tx = await pool.begin();
    await insert(tx, 1);
    await tx.execute(ending);
    await expect(insert(tx, 2)).rejects.toBeInstanceOf(TransactionClosedError);
    await expect(tx.copyRows({ ...copied, rows: [3] })).rejects.toBeInstanceOf(TransactionClosedError);
    await expect(tx.begin()).rejects.toBeInstanceOf(TransactionClosedError);
    await tx.rollback();
    expect(await all()).toEqual(ending === "commit" ? [1] : []);
  });

  const firsts = ["commit", "end", "rollback", "abort", "-- at once\ncommit work"];

  test.each(firsts)("%s as the first one, with which BEGIN goes out", async (ending) => {
    await using tx = await pool.begin();
    await tx.execute(ending);
    await expect(insert(tx, 2)).rejects.toBeInstanceOf(TransactionClosedError);
    await expect(tx.commit()).rejects.toMatchObject({ name: "TransactionClosedError", query: "commit" });
    expect(await all()).toEqual([]);
  });

  test.each(firsts)("%s as the first one, in a scope", async (ending) => {
    const work = pool.scope({ "app.id": "7" }).transaction(async (tx) => {
      await tx.execute(ending);
      await insert(tx, 2);
    });
    await expect(work).rejects.toBeInstanceOf(TransactionClosedError);
    expect(await all()).toEqual([]);
  });

  // Prepared or refused, as the server's settings have it: the transaction is over.
  test("prepare transaction as the first one", async () => {
    await using tx = await pool.begin();
    const prepared = await Promise.allSettled([tx.execute("prepare transaction 'first_of_all'")]);
    await expect(insert(tx, 2)).rejects.toBeInstanceOf(TransactionClosedError);
    await tx.rollback();
    if (prepared[0].status === "fulfilled") await run(pool, "rollback prepared 'first_of_all'");
    expect(await all()).toEqual([]);
  });

  test("and begins another is what its user wants", async () => {
    await pool.transaction(async (tx) => {
      await insert(tx, 1);
      await tx.execute("commit and chain");
      await insert(tx, 2);
    });
    expect(await all()).toEqual([1, 2]);
  });

  test("on a connection that was taken out: it goes on after the rollback", async () => {
    await using held = await pool.connect();
    const tx = await held.begin();
    await insert(tx, 1);
    await tx.execute("commit");
    await expect(insert(held, 2)).rejects.toBeInstanceOf(TransactionClosedError);
    await tx.rollback();
    await insert(held, 3);
    expect(await all()).toEqual([1, 3]);
  });
});

test("options reach the server", async () => {
  const shown = (options: object) =>
    pool.transaction(
      async (tx) =>
        (
          await run(
            tx,
            `select current_setting('transaction_isolation'), current_setting('transaction_read_only'),
                    current_setting('transaction_deferrable')`,
          )
        )[0],
      options,
    );
  expect(await shown({})).toEqual(["read committed", "off", "off"]);
  expect(await shown({ isolation: "serializable", readOnly: true, deferrable: true })).toEqual([
    "serializable",
    "on",
    "on",
  ]);
  await expect(shown({ isolation: "serializable; drop table t" })).rejects.toThrow(TypeError);
});

describe("savepoints", () => {
  test("undo their own part only", async () => {
    await pool.transaction(async (tx) => {
      await insert(tx, 1);
      await tx.transaction((sp) => insert(sp, 2));
      const failed = tx.transaction(async (sp) => {
        await insert(sp, 3);
        await sp.transaction((deeper) => insert(deeper, 4));
        await insert(sp, 1);
      });
      await expect(failed).rejects.toBeInstanceOf(UniqueViolationError);
      await insert(tx, 5);
    });
    expect(await all()).toEqual([1, 2, 5]);
  });

  test("explicit ones, and one that swallowed an error", async () => {
    await using tx = await pool.begin();
    {
      await using sp = await tx.begin();
      await insert(sp, 1);
    }
    const sp = await tx.begin();
    await insert(sp, 2);
    await insert(sp, 2).catch(() => {});
    await expect(sp.commit()).rejects.toBeInstanceOf(TransactionRolledBackError);
    await insert(tx, 3);
    await tx.commit();
    expect(await all()).toEqual([3]);
  });

  test("a statement beside an open one is refused, for it would be lost with it", async () => {
    await pool.transaction(async (tx) => {
      const beside = await Promise.allSettled([
        tx.transaction(async (sp) => {
          await insert(sp, 1);
          throw new Error("no");
        }),
        insert(tx, 2),
        tx.transaction((sp) => insert(sp, 3)),
      ]);
      expect(beside).toMatchObject([
        { reason: { message: "no" } },
        { reason: expect.any(TransactionBusyError) },
        { reason: expect.any(TransactionBusyError) },
      ]);
      await insert(tx, 4);
    });
    expect(await all()).toEqual([4]);
  });

  test("one that the work has left open is an error, and all is rolled back", async () => {
    const work = pool.transaction(async (tx) => {
      await insert(tx, 1);
      await tx.begin();
    });
    await expect(work).rejects.toBeInstanceOf(TransactionBusyError);
    expect(await all()).toEqual([]);
  });

  test.each(["rollback to outside", "release outside"])(
    "one that %s has ended by hand: what comes later is told why the connection was given up",
    async (ending) => {
      const work = pool.transaction(async (tx) => {
        await tx.execute("savepoint outside");
        const inner = tx.transaction((sp) => sp.execute(ending));
        await expect(inner).rejects.toMatchObject({ sqlState: "3B001" });
        await insert(tx, 1);
      });
      await expect(work).rejects.toMatchObject({
        name: "ConnectionLostError",
        message: expect.stringMatching(/connection lost: a savepoint could not be rolled back to/),
        cause: { cause: { sqlState: "3B001" } },
      });
      expect(await all()).toEqual([]);
    },
  );

  test("end with the transaction", async () => {
    const tx = await pool.begin();
    const sp = await tx.begin();
    await tx.rollback();
    await expect(insert(sp, 1)).rejects.toBeInstanceOf(TransactionClosedError);
    await sp.rollback();
  });
});

test("one whose signal aborts is rolled back, whether a statement is running or not", async () => {
  const during = new AbortController();
  const work = pool.transaction(
    async (tx) => {
      await insert(tx, 1);
      await run(tx, "select pg_sleep(60)");
    },
    { signal: during.signal },
  );
  const cancelled = expect(work).rejects.toBeInstanceOf(CancelledError);
  await untilAsleep(database.pool);
  during.abort();
  await cancelled;
  const between = new AbortController();
  const other = pool.transaction(
    async (tx) => {
      await insert(tx, 2);
      between.abort();
    },
    { signal: between.signal },
  );
  await expect(other).rejects.toBeInstanceOf(CancelledError);
  expect(await all()).toEqual([]);
});

describe("one whose time is over is rolled back, whatever its user does meanwhile", () => {
  const never = () => new Promise<never>(() => {});
  const isFree = () =>
    until(async () => {
      const { rows } = await database.pool.query(
        "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in%'",
      );
      return rows.length === 0 && pool.stat().acquiredConns === 0;
    });

  test.each([
    ["a timeout", () => ({ timeout: 50 }), TimeoutError],
    ["a signal", () => ({ signal: AbortSignal.timeout(50) }), TimeoutError],
    ["an abort", () => ({ signal: abortedSoon() }), CancelledError],
  ])("by %s, while the work waits for something else", async (_, options, error) => {
    let used: Queryable | undefined;
    const work = pool.transaction(async (tx) => {
      used = tx;
      await insert(tx, 1);
      await never();
    }, options());
    await expect(work).rejects.toBeInstanceOf(error);
    await isFree();
    expect(await all()).toEqual([]);
    // What its work does later is an error.
    await expect(insert(used!, 2)).rejects.toBeInstanceOf(error);
  });

  test("by a timeout, where its user holds it open", async () => {
    const tx = await pool.begin({ timeout: 50 });
    await insert(tx, 1);
    await isFree();
    expect(tx.isOpen).toBe(false);
    await expect(insert(tx, 2)).rejects.toBeInstanceOf(TimeoutError);
    await expect(tx.commit()).rejects.toBeInstanceOf(TimeoutError);
    await tx.rollback();
    expect(await all()).toEqual([]);
  });

  test("a savepoint's own: what it is in goes on", async () => {
    await pool.transaction(async (tx) => {
      await insert(tx, 1);
      const inner = tx.transaction(
        async (sp) => {
          await insert(sp, 2);
          await never();
        },
        { timeout: 50 },
      );
      await expect(inner).rejects.toBeInstanceOf(TimeoutError);
      await insert(tx, 3);
    });
    expect(await all()).toEqual([1, 3]);
  });

  test("with a savepoint open in it", async () => {
    const work = pool.transaction(
      async (tx) => {
        await tx.transaction(async (sp) => {
          await insert(sp, 2);
          await never();
        });
      },
      { timeout: 50 },
    );
    await expect(work).rejects.toBeInstanceOf(TimeoutError);
    await isFree();
  });

  test("what the work has resolved with is not given out where it was rolled back", async () => {
    const abort = new AbortController();
    const work = pool.transaction(
      async (tx) => {
        await insert(tx, 1);
        abort.abort();
        return "result";
      },
      { signal: abort.signal },
    );
    await expect(work).rejects.toBeInstanceOf(CancelledError);
  });
});

test("a rollback cancels what still runs in the transaction, and its locks are free", async () => {
  let sleeping: Promise<unknown> | undefined;
  const failure = new Error("no");
  const work = pool.transaction(async (tx) => {
    await insert(tx, 1);
    sleeping = run(tx, "select pg_sleep(60)").catch((error) => error);
    await untilAsleep(database.pool);
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(await sleeping).toBeInstanceOf(CancelledError);
  await untilAsleep(database.pool, 0);
  // Its connection stays.
  await insert(pool, 1);
});

test("statements asked for all at once run in turn", async () => {
  await pool.transaction((tx) => Promise.all([1, 2, 3].map((n) => insert(tx, n))));
  expect(await all()).toEqual([1, 2, 3]);
});

describe("retry", () => {
  /** A place that the first two who come to it leave together. */
  function meeting(): () => Promise<void> {
    let arrived = 0;
    let meet = (): void => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    return () => {
      if (++arrived === 2) meet();
      return both;
    };
  }

  /** Adds 1 to the balance in a way that conflicts with every other that does. */
  async function increment(retry: number, meet = async () => {}): Promise<number> {
    let attempts = 0;
    await pool.transaction(
      async (tx) => {
        attempts++;
        const [row] = await run(tx, "select balance from account where id = 1");
        await meet();
        await run(tx, "update account set balance = $1 where id = 1", [Number(row?.[0]) + 1]);
      },
      { isolation: "serializable", retry },
    );
    return attempts;
  }

  test("serialization failures under concurrency are tried again until all have succeeded", async () => {
    await run(pool, "insert into account values (1, 0)");
    // At least two of them see what the other has not written yet.
    const meet = meeting();
    const attempts = await Promise.all(Array.from({ length: 20 }, () => increment(100, meet)));
    expect(await run(pool, "select balance from account")).toEqual([["20"]]);
    expect(attempts.reduce((a, b) => a + b)).toBeGreaterThan(20);
  });

  test("without it, they come through, and nothing is done twice", async () => {
    await run(pool, "insert into account values (1, 0)");
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => increment(0)));
    const failed = settled.filter((one) => one.status === "rejected");
    for (const { reason } of failed) expect(reason).toBeInstanceOf(SerializationFailureError);
    expect(await run(pool, "select balance from account")).toEqual([[String(10 - failed.length)]]);
  });

  test("deadlocks too", async () => {
    await run(pool, "insert into account values (1, 0), (2, 0)");
    const meet = meeting();
    let attempts = 0;
    const transfer = (from: number, to: number, retry: number) =>
      pool.transaction(
        async (tx) => {
          await run(tx, "set local deadlock_timeout = '50ms'");
          await run(tx, "update account set balance = balance - 1 where id = $1", [from]);
          attempts++;
          await meet();
          await run(tx, "update account set balance = balance + 1 where id = $1", [to]);
        },
        { retry },
      );
    await Promise.all([transfer(1, 2, 20), transfer(2, 1, 20)]);
    // The one that tried again may have been quicker than the other, and met it once more.
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(await run(pool, "select sum(balance) from account")).toEqual([["0"]]);
  });

  test("a deadlock has its class", async () => {
    await run(pool, "insert into account values (1, 0), (2, 0)");
    const a = await pool.begin();
    const b = await pool.begin();
    for (const tx of [a, b]) await run(tx, "set local deadlock_timeout = '50ms'");
    const lock = (tx: Queryable, id: number) => run(tx, "update account set balance = 1 where id = $1", [id]);
    await lock(a, 1);
    await lock(b, 2);
    const settled = await Promise.allSettled(
      [lock(a, 2), lock(b, 1)].map((one, i) =>
        one.catch(async (error) => {
          await [a, b][i]!.rollback();
          throw error;
        }),
      ),
    );
    expect(settled.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const one of settled)
      if (one.status === "rejected") expect(one.reason).toBeInstanceOf(DeadlockError);
    await Promise.all([a.rollback(), b.rollback()]);
  });

  test("nothing else is tried again", async () => {
    let attempts = 0;
    const work = pool.transaction(
      async (tx) => {
        attempts++;
        await run(tx, "select 1 / 0");
      },
      { retry: 5 },
    );
    await expect(work).rejects.toMatchObject({ sqlState: "22012" });
    expect(attempts).toBe(1);
  });

  const conflict = () => run(pool, "do $$ begin raise exception using errcode = '40001'; end $$");

  test.each<[string, boolean, (tx: Transaction) => unknown]>([
    ["by its last call", true, (tx) => insert(tx.last, 1)],
    [
      "by a last call that nobody waits for",
      true,
      async (tx) => {
        const inserted = insert(tx.last, 1);
        await until(async () => (await all()).length === 1);
        inserted.catch(() => {});
      },
    ],
    [
      "by commit()",
      true,
      async (tx) => {
        await insert(tx, 1);
        await tx.commit();
      },
    ],
    ["by nothing, for it released a savepoint", false, (tx) => tx.transaction((sp) => insert(sp, 1))],
    [
      "by nothing, for it rolled back",
      false,
      async (tx) => {
        await insert(tx, 1);
        await tx.rollback();
      },
    ],
  ])("what its work has committed is not done twice: %s", async (_, isCommitted, work) => {
    let attempts = 0;
    const whole = pool.transaction(
      async (tx) => {
        attempts++;
        await work(tx);
        // Of another transaction, after this one.
        await conflict();
      },
      { retry: 2 },
    );
    await expect(whole).rejects.toBeInstanceOf(SerializationFailureError);
    expect([attempts, await all()]).toEqual(isCommitted ? [1, [1]] : [3, []]);
  });
});

test.each([{}, { timeout: 60_000 }])("what is no function is refused: %j", async (options) => {
  await expect(pool.transaction(undefined as never, options)).rejects.toThrow(TypeError);
});
