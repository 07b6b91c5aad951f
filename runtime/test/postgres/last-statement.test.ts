import { type AddressInfo, connect, createServer } from "node:net";
import pg from "pg";
import { startBinaries } from "../../../tests/postgres/binaries.mjs";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { fromPg } from "../../src/adapters/from-pg.ts";
import {
  DatabaseError,
  ForeignKeyViolationError,
  OutcomeUnknownError,
  ParameterError,
  TimeoutError,
  TransactionBusyError,
  TransactionClosedError,
  TransactionRolledBackError,
  UniqueViolationError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Transaction } from "../../src/postgres/transaction.ts";
import type { Client, CopyConfig, QueryConfig } from "../../src/statement.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";
import { until, untilAsleep } from "./until.ts";

// The last call of a transaction, behind which COMMIT goes out.

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, max: 2, cancelTimeout: 60_000 });
  await run(pool, "create table t (n int constraint t_n_key unique)");
  await run(
    pool,
    "create table child (n int constraint child_n_fkey references t (n) deferrable initially deferred)",
  );
  await run(
    pool,
    `create function fail_at_first(n int) returns void language plpgsql as
     $$ begin if n = 1 then raise sqlstate '40001'; elsif n = 3 then perform pg_sleep(60); end if; end $$`,
  );
  await run(pool, "create table refused_at_first (n int check ((fail_at_first(n) is null) is not null))");
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});
beforeEach(async () => {
  await run(pool, "truncate t, child");
});
afterEach(() => {
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
});

const insert = (n: number, more: Partial<QueryConfig> = {}): QueryConfig =>
  statement("insert into t values ($1) returning n", [n], more);
const copy: CopyConfig<number> = {
  schema: "public",
  table: "t",
  columns: ["n"],
  rows: [3, 4],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
};
async function readAll(on: Client, text: string): Promise<void> {
  for await (const _ of on.stream(statement(text)));
}
const all = async () => (await run(pool, "select n from t order by n")).map(([n]) => Number(n));

test("its rows are the statement's, and it is committed when they are there", async () => {
  const result = await pool.transaction(async (tx) => {
    await tx.query(insert(1));
    const last = await tx.last.query(statement("insert into t values (2), (3) returning n"));
    expect(tx.isOpen).toBe(false);
    expect(await all()).toEqual([1, 2, 3]);
    await expect(tx.query(insert(4))).rejects.toBeInstanceOf(TransactionClosedError);
    await expect(tx.commit()).rejects.toBeInstanceOf(TransactionClosedError);
    await tx.rollback();
    return last;
  });
  expect(result).toEqual({ rows: [["2"], ["3"]], command: "INSERT", rowCount: 2 });
  expect(await all()).toEqual([1, 2, 3]);
});

/** Stands in front of the server. @returns its address, and how often something was sent since it was last asked */
async function counting(): Promise<{ url: string; sent: () => number; close: () => void }> {
  const { hostname, port } = new URL(database.url);
  let sent = 0;
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on("data", () => sent++);
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const front = new URL(database.url);
  front.port = String((listener.address() as AddressInfo).port);
  const read = (): number => {
    const count = sent;
    sent = 0;
    return count;
  };
  return { url: front.href, sent: read, close: () => listener.close() };
}

test("COMMIT goes out with it, and BEGIN too where it is the first", async () => {
  const { url, sent, close } = await counting();
  const own = createPool({ connectionString: url, max: 1 });
  await run(own, "select 1");
  sent();
  await own.transaction((tx) => tx.last.query(insert(1)));
  expect(sent()).toBe(1);
  await own.transaction(async (tx) => {
    await tx.query(insert(2));
    await tx.last.query(insert(3));
  });
  expect(sent()).toBe(2);
  await own.transaction((tx) => tx.query(insert(4)));
  expect(sent()).toBe(2);
  expect(await all()).toEqual([1, 2, 3, 4]);
  await own.close();
  close();
});

test("what fails is not committed, and its error is the statement's", async () => {
  await run(pool, "insert into t values (1)");
  const work = pool.transaction(async (tx) => {
    await tx.query(insert(2));
    await tx.last.query(insert(1));
  });
  await expect(work).rejects.toBeInstanceOf(UniqueViolationError);
  const first = pool.transaction((tx) => tx.last.query(insert(1)));
  await expect(first).rejects.toBeInstanceOf(UniqueViolationError);
  expect(await all()).toEqual([1]);
});

test("whatever it throws, it has ended", async () => {
  const tx = await pool.begin();
  await tx.query(insert(1));
  const values = ["\0"];
  await expect(tx.last.query(statement("select $1::text", values))).rejects.toBeInstanceOf(ParameterError);
  expect(tx.isOpen).toBe(false);
  const unbegun = await pool.begin();
  await expect(unbegun.last.query(statement("select $1::text", values))).rejects.toBeInstanceOf(
    ParameterError,
  );
  expect(unbegun.isOpen).toBe(false);
  expect(await all()).toEqual([]);
  // The connection is as it was.
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

/** Ways in which a last call fails, be COMMIT sent with it or after it. */
const failures: Readonly<Record<string, (last: Client) => Promise<unknown>>> = {
  "a statement": (last) => last.query(statement("select 1/0")),
  "a statement before whose COMMIT its answer is waited for": (last) =>
    last.query(statement("truncate missing")),
  "a deferred constraint": (last) => last.query(statement("insert into child values (9)")),
  "a limit that is none": (last) => last.query(insert(2, { timeout: Number.NaN })),
  "a batch whose COMMIT fails": (last) => last.batch([statement("insert into child values (9)")]),
  "a batch that is cancelled": (last) => last.batch([insert(2)], { timeout: 0 }),
  "a copy": (last) => last.copyRows({ ...copy, rows: [1, 1] }),
  "a stream": (last) => readAll(last, "select 1/0"),
  "a stream whose COMMIT fails": (last) => readAll(last, "insert into child values (9) returning n"),
};

describe.each(Object.entries(failures))("%s fails", (_, fail) => {
  test("it has ended", async () => {
    await using tx = await pool.begin();
    await tx.query(insert(1));
    await expect(fail(tx.last)).rejects.toThrow();
    expect(tx.isOpen).toBe(false);
    expect(await all()).toEqual([]);
  });

  test.each(["a transaction", "a savepoint"])(
    "what has caught that, and goes on, does not pass for %s that was committed",
    async (where) => {
      const work = async (tx: Transaction): Promise<void> => {
        await tx.query(insert(1));
        await fail(tx.last).catch(() => {});
      };
      const done = pool.transaction((tx) => (where === "a savepoint" ? tx.transaction(work) : work(tx)));
      await expect(done).rejects.toThrow();
      expect(await all()).toEqual([]);
    },
  );

  test("its own rollback says that it knows", async () => {
    const result = await pool.transaction(async (tx) => {
      await tx.query(insert(1));
      await fail(tx.last).catch(() => tx.rollback());
      return "rolled back";
    });
    expect(result).toBe("rolled back");
    expect(await all()).toEqual([]);
  });
});

test.each<[string, (tx: Transaction, config: QueryConfig) => Promise<unknown>]>([
  ["a last call", (tx, config) => tx.last.query(config)],
  [
    "a commit",
    async (tx, config) => {
      const done = tx.query(config);
      await Promise.all([done, tx.commit()]);
    },
  ],
])("%s that nobody waits for is waited for by the transaction", async (_, end) => {
  await pool.transaction(async (tx) => {
    void end(tx, statement("insert into t select 1 from pg_sleep(0.1)"));
  });
  expect(await all()).toEqual([1]);
  const work = pool.transaction(async (tx) => {
    void end(tx, statement("insert into child select 7 from pg_sleep(0.1)")).catch(() => {});
  });
  await expect(work).rejects.toBeInstanceOf(ForeignKeyViolationError);
});

describe.each<[string, (last: Client, attempt: number) => Promise<unknown>]>([
  ["a statement", (last, attempt) => last.query(statement("select fail_at_first($1)", [attempt]))],
  [
    "a statement before whose COMMIT its answer is waited for",
    (last, attempt) => last.query(statement(`do $$ begin perform fail_at_first(${attempt}); end $$`)),
  ],
  [
    "a copy",
    (last, attempt) => last.copyRows({ ...copy, table: "refused_at_first", columns: ["n"], rows: [attempt] }),
  ],
])("%s that nobody waits for", (_, call) => {
  test.each(["a pool", "a client of pg's"])("is tried again with its transaction, on %s", async (where) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const on = where === "a pool" ? pool : fromPg(client);
    let attempts = 0;
    await on.transaction(
      async (tx) => {
        await tx.query(insert(++attempts));
        void call(tx.last, attempts).catch(() => {});
      },
      { retry: { retries: 1, backoff: 0 } },
    );
    expect(attempts).toBe(2);
    expect(await all()).toEqual([2]);
    await client.end();
  });

  test("is as long under way as its transaction may last", async () => {
    const work = pool.transaction(
      async (tx) => {
        await tx.query(insert(1));
        void call(tx.last, 3).catch(() => {});
      },
      { timeout: 100 },
    );
    await expect(work).rejects.toBeInstanceOf(TimeoutError);
    expect(await all()).toEqual([]);
  });
});

test("what COMMIT says is thrown, and nothing is left open", async () => {
  const work = pool.transaction((tx) => tx.last.query(statement("insert into child values (1)")));
  await expect(work).rejects.toBeInstanceOf(ForeignKeyViolationError);
  expect(await run(pool, "select n from child")).toEqual([]);
});

test("what fails at COMMIT says that it was COMMIT, as without it, and not the statement", async () => {
  const insertChild = statement("insert into child values (1)");
  const errors = await Promise.all(
    [
      (tx: Transaction) => tx.last.query(insertChild),
      async (tx: Transaction) => void (await tx.query(insertChild)),
    ].map((work) => pool.transaction(work).catch((error: unknown) => error)),
  );
  for (const error of errors) {
    expect(error).toBeInstanceOf(ForeignKeyViolationError);
    expect(error).toMatchObject({ query: "commit", constraint: "child_n_fkey" });
  }
  const statements = await pool
    .transaction((tx) => tx.last.query(statement("insert into child values ('a')")))
    .catch((error: unknown) => error);
  expect(statements).toMatchObject({ query: insertChild.query.name });
});

test.each(["26000", "42P05"])(
  "%s at COMMIT is none of the statement's, which is not sent again without what was before it",
  async (state) => {
    await run(pool, "create table counted (n int)");
    await run(
      pool,
      `create function refuse_two() returns trigger language plpgsql as
       $$ begin if (select count(*) from counted) > 1 then raise sqlstate '${state}'; end if; return null; end $$`,
    );
    await run(
      pool,
      "create constraint trigger refuse_two after insert on counted deferrable initially deferred for each row execute function refuse_two()",
    );
    const work = pool.transaction(async (tx) => {
      await tx.query(statement("insert into counted values (1)"));
      await tx.last.query(statement("insert into counted values (2)"));
    });
    await expect(work).rejects.toMatchObject({ sqlState: state });
    expect(await run(pool, "select n from counted")).toEqual([]);
    const whole = pool.transaction((tx) => tx.last.query(statement("insert into counted values (1), (2)")));
    await expect(whole).rejects.toMatchObject({ sqlState: state });
    await run(pool, "drop table counted");
    await run(pool, "drop function refuse_two");
  },
);

test("what the server says with it, and at COMMIT behind it, is told in its order", async () => {
  const notices: string[] = [];
  const own = createPool({
    connectionString: database.url,
    max: 1,
    onNotice: ({ message }) => notices.push(message),
  });
  await run(own, "create table spoken (n int)");
  await run(
    own,
    "create function say() returns trigger language plpgsql as $$ begin raise notice '% %', tg_name, new.n; return new; end $$",
  );
  await run(own, "create trigger first before insert on spoken for each row execute function say()");
  await run(
    own,
    "create constraint trigger last after insert on spoken deferrable initially deferred for each row execute function say()",
  );
  const result = await own.transaction((tx) =>
    tx.last.query(statement("insert into spoken values (1), (2) returning n")),
  );
  expect(result).toEqual({ rows: [["1"], ["2"]], command: "INSERT", rowCount: 2 });
  expect(notices).toEqual(["first 1", "first 2", "last 1", "last 2"]);
  await own.close();
  await run(pool, "drop table spoken");
  await run(pool, "drop function say");
});

test("a statement before it that failed unseen keeps it from being committed", async () => {
  await run(pool, "insert into t values (1)");
  const work = pool.transaction(async (tx) => {
    const failed = expect(tx.query(insert(1))).rejects.toBeInstanceOf(UniqueViolationError);
    const last = tx.last.query(insert(2));
    await failed;
    await last;
  });
  await expect(work).rejects.toMatchObject({ sqlState: "25P02" });
  expect(await all()).toEqual([1]);
});

test("while a savepoint is open, or a COPY, there is no last call", async () => {
  const work = pool.transaction(async (tx) => {
    const savepoint = await tx.begin();
    await expect(tx.last.query(insert(1))).rejects.toBeInstanceOf(TransactionBusyError);
    await savepoint.last.query(insert(2));
    expect(savepoint.isOpen).toBe(false);
    const copy = tx.copyTo("copy (select generate_series(1, 1000000)) to stdout");
    await copy.next();
    await expect(tx.last.query(insert(1))).rejects.toBeInstanceOf(TransactionBusyError);
    expect(tx.isOpen).toBe(true);
    await copy.return(undefined);
  });
  // A COPY that is left is cancelled, with the transaction that it is in.
  await expect(work).rejects.toBeInstanceOf(TransactionRolledBackError);
  expect(await all()).toEqual([]);
});

test("a statement that ends the transaction itself is found to have done so", async () => {
  const tx = await pool.begin();
  await tx.query(insert(1));
  await expect(tx.last.query(statement("rollback"))).rejects.toBeInstanceOf(TransactionClosedError);
  expect(await all()).toEqual([]);
});

test("a time-out cancels it, and nothing was committed", async () => {
  const work = pool.transaction(async (tx) => {
    await tx.query(insert(1));
    await tx.last.query(statement("select pg_sleep(60)", [], { timeout: 50 }));
  });
  await expect(work).rejects.toBeInstanceOf(TimeoutError);
  const whole = pool.transaction(
    async (tx) => {
      await tx.query(insert(2));
      await tx.last.query(statement("select pg_sleep(60)"));
    },
    { timeout: 50 },
  );
  await expect(whole).rejects.toBeInstanceOf(TimeoutError);
  expect(await all()).toEqual([]);
});

test("where its connection is lost, the outcome is unknown", async () => {
  const work = pool.transaction((tx) => tx.last.query(statement("select pg_sleep(60)")));
  const settled = expect(work).rejects.toBeInstanceOf(OutcomeUnknownError);
  await untilAsleep(database.pool);
  await run(
    pool,
    "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()",
  );
  await settled;
});

/** What a pooler says to its client when it has lost the server, as PgBouncer does. */
function saysCrashed(): Buffer {
  const body = Buffer.from("SFATAL\0VFATAL\0C08P01\0Mserver conn crashed?\0\0");
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** In front of a server. @returns its address */
async function pooler(target: string): Promise<{ url: string; stop: () => void }> {
  const { hostname, port } = new URL(target);
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on("error", () => {}).pipe(server);
    server
      .on("error", () => {})
      .on("data", (data) => client.write(data))
      .on("close", () => client.end(saysCrashed()));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const front = new URL(target);
  front.port = String((listener.address() as AddressInfo).port);
  return { url: front.href, stop: () => listener.close() };
}

test("FATAL before the statement was answered says nothing of what COMMIT has done, for it may be a pooler's", async () => {
  const server = await startBinaries("16");
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("create table t (n int)");
  // So that a COMMIT waits when it has been done, for a standby that there is none of.
  await client.query("alter role postgres set synchronous_commit = 'on'");
  await client.query("alter system set synchronous_standby_names = 'nobody'");
  await client.query("select pg_reload_conf()");
  client.on("error", () => {});
  const { url, stop } = await pooler(server.url);
  const own = createPool({ connectionString: url, max: 1 });
  await run(own, "select 1");
  const error = own
    .transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.last.query(insert(2));
    })
    .catch((error: unknown) => error);
  let pid: number | undefined;
  await until(async () => {
    const text = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
    const { rows } = await client.query<{ pid: number }>(text);
    pid = rows[0]?.pid;
    return pid !== undefined;
  });
  process.kill(pid!, "SIGKILL");
  expect(await error).toMatchObject({ name: "OutcomeUnknownError", sqlState: "08P01" });
  const later = new pg.Pool({ connectionString: server.url }).on("error", () => {});
  let found: unknown;
  await until(async () => {
    found = await later.query("select n from t order by n").then(
      ({ rows }) => rows,
      () => undefined,
    );
    return found !== undefined;
  });
  expect(found).toEqual([{ n: 1 }, { n: 2 }]);
  await Promise.all([later.end(), own.close()]);
  stop();
  await server.stop();
});

test("an outdated statement that is the first is prepared again, and committed", async () => {
  const own = createPool({ connectionString: database.url, max: 1 });
  await run(own, "create table changing (a int)");
  const read = statement("select * from changing");
  await own.query(read);
  await run(own, "alter table changing add b int");
  await run(own, "insert into changing values (1, 2)");
  const { rows } = await own.transaction((tx) => tx.last.query(read));
  expect(rows).toEqual([["1", "2"]]);
  await own.close();
});

test("batches, copies and streams commit behind their last row", async () => {
  const ended = async (work: (tx: Awaited<ReturnType<Pool["begin"]>>) => Promise<unknown>) => {
    await using tx = await pool.begin();
    await work(tx);
    return !tx.isOpen;
  };
  expect(await ended((tx) => tx.last.batch([insert(1), insert(2)]))).toBe(true);
  expect(await ended((tx) => tx.last.batch([insert(5), insert(1)]))).toBe(false);
  expect(await ended((tx) => tx.last.copyRows(copy))).toBe(true);
  const rows = statement("insert into t values (6), (7) returning n");
  expect(
    await ended(async (tx) => {
      for await (const _ of tx.last.stream(rows)) expect(tx.isOpen).toBe(true);
    }),
  ).toBe(true);
  expect(
    await ended(async (tx) => {
      for await (const _ of tx.last.stream(statement("select generate_series(1, 100)"))) break;
    }),
  ).toBe(false);
  expect(await all()).toEqual([1, 2, 3, 4, 6, 7]);
});

test("in a scope its settings are gone with it", async () => {
  const text = "select current_setting('app.tenant', true)";
  const scope = pool.scope({ "app.tenant": "1" });
  const { rows } = await scope.transaction((tx) => tx.last.query(statement(text)));
  expect(rows).toEqual([["1"]]);
  expect((await run(pool, text)).flat()).not.toContain("1");
});

test("an error of it is one of ours", async () => {
  await expect(pool.transaction((tx) => tx.last.query(statement("select 1/0")))).rejects.toBeInstanceOf(
    DatabaseError,
  );
});

describe("a work that rejects while its end is under way", () => {
  const failure = new Error("the work's own");
  const unheard = (call: Promise<unknown>): void => void call.catch(() => {});
  const slow = (seconds: number) => statement(`insert into t select 1 from pg_sleep(${seconds})`);

  test.each<[string, (tx: Transaction) => Promise<unknown>]>([
    ["a statement", (tx) => tx.last.query(insert(1))],
    ["the only one", (tx) => tx.last.query(insert(1))],
    ["a batch", (tx) => tx.last.batch([insert(1), insert(2)])],
    ["a copy", (tx) => tx.last.copyRows(copy)],
    ["a stream", (tx) => readAll(tx.last, "insert into t values (1) returning n")],
    ["a savepoint's", (tx) => tx.transaction((savepoint) => savepoint.last.query(insert(1)))],
    ["COMMIT behind a statement", (tx) => Promise.all([tx.query(insert(1)), tx.commit()])],
  ])("has committed nothing: %s", async (what, end) => {
    const ofPg = new pg.Pool({ connectionString: database.url });
    for (const on of [pool, fromPg(ofPg)]) {
      const work = on.transaction(async (tx) => {
        if (what !== "the only one") await tx.query(insert(9));
        unheard(end(tx));
        throw failure;
      });
      await expect(work).rejects.toBe(failure);
      expect(await all()).toEqual([]);
    }
    await ofPg.end();
  });

  test("has that cancelled", async () => {
    const work = pool.transaction(async (tx) => {
      unheard(tx.last.query(slow(60)));
      await untilAsleep(database.pool);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await all()).toEqual([]);
  });

  test("so has who rolls it back, or leaves it", async () => {
    const tx = await pool.begin();
    unheard(tx.last.query(slow(60)));
    await untilAsleep(database.pool);
    await tx.rollback();
    {
      await using left = await pool.begin();
      unheard(left.last.query(insert(2)));
    }
    expect(await all()).toEqual([]);
  });

  test("ends together with who waits for the commit that it is to cut off", async () => {
    let undone: Promise<void> | undefined;
    await pool.transaction(async (tx) => {
      await tx.query(insert(1));
      unheard(tx.commit());
      undone = tx.rollback();
    });
    await undone;
    expect(await all()).toEqual([1]);
  });

  test("says so where it was committed all the same", async () => {
    await run(pool, "create table held (n int)");
    await run(
      pool,
      `create function hold() returns trigger language plpgsql as
       $$ begin perform pg_sleep(0.3); return null; exception when query_canceled then return null; end $$`,
    );
    await run(
      pool,
      "create constraint trigger hold after insert on held deferrable initially deferred for each row execute function hold()",
    );
    const work = pool.transaction(async (tx) => {
      unheard(tx.last.query(statement("insert into held values (1)")));
      await untilAsleep(database.pool);
      throw failure;
    });
    const error = await work.catch((one: unknown) => one);
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(error).toMatchObject({ cause: failure, query: "rollback" });
    expect(await run(pool, "select n from held")).toEqual([["1"]]);
    await run(pool, "drop table held");
    await run(pool, "drop function hold");
  });

  describe("says so where that is unknown", () => {
    const terminate =
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";

    test("as it rejects", async () => {
      const work = pool.transaction(async (tx) => {
        unheard(tx.last.query(slow(60)));
        await untilAsleep(database.pool);
        await database.pool.query(terminate);
        throw failure;
      });
      await expect(work).rejects.toMatchObject({ name: "TransactionClosedError", cause: failure });
    });

    /** Rejects with what `failing` makes of the last call's error, once that has failed. */
    const failsWith = (failing: (error: unknown) => unknown): Promise<unknown> =>
      pool.transaction(async (tx) => {
        const last = tx.last.query(slow(60)).catch((error: unknown) => error);
        await untilAsleep(database.pool);
        await database.pool.query(terminate);
        throw failing(await last);
      });

    test("when that has been found", async () => {
      await expect(failsWith(() => failure)).rejects.toMatchObject({
        name: "TransactionClosedError",
        cause: failure,
      });
    });

    test("but not once more to who says so", async () => {
      await expect(failsWith((cause) => cause)).rejects.toBeInstanceOf(OutcomeUnknownError);
      const own = failsWith((cause) => new Error("mine", { cause }));
      await expect(own).rejects.toMatchObject({ message: "mine", cause: { name: "OutcomeUnknownError" } });
    });
  });
});
