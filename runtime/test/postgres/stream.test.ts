import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { fromPg } from "../../src/adapters/from-pg.ts";
import {
  CancelledError,
  ConnectionLostError,
  DatabaseError,
  ParameterError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import { Connection } from "../../src/postgres/connection.ts";
import type { DriverClient } from "../../src/postgres/driver.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { fetches } from "../../src/postgres/stream.ts";
import type { QueryOptions, QueryResult, RawRow } from "../../src/statement.ts";
import { noTelemetry } from "../../src/telemetry/telemetry.ts";
import { openConnection, runOn } from "./open-connection.ts";
import { statement } from "./statement.ts";
import { until } from "./until.ts";

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  connection = await openConnection(database.url);
});
afterEach(() => connection.client.end());

const run = (text: string, values?: unknown[]): Promise<QueryResult> => runOn(connection, text, values);
async function* rowsOf(
  text: string,
  values: unknown[] = [],
  options: QueryOptions = {},
): AsyncGenerator<RawRow> {
  const interrupt = Interrupt.of(options);
  try {
    for await (const rows of fetches(connection, statement(text, values), interrupt)) yield* rows;
  } finally {
    interrupt.end();
  }
}
async function collect(rows: AsyncIterable<RawRow>): Promise<RawRow[]> {
  const all: RawRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
const SERIES = "select n, null from generate_series(1, $1::int) n";

describe.each(["alone", "in a transaction"])("%s", (place) => {
  beforeEach(async () => {
    if (place !== "alone") await run("begin");
  });

  test.each([0, 1, 31, 32, 33, 159, 160, 161, 672, 673, 3000])("all of %s rows, in order", async (n) => {
    const rows = await collect(rowsOf(SERIES, [n]));
    expect(rows).toEqual(Array.from({ length: n }, (_, i) => [String(i + 1), null]));
    expect((await run("select 1")).rows).toEqual([["1"]]);
    if (place !== "alone")
      expect((await run("select count(*) from pg_cursors where name <> ''")).rows).toEqual([["0"]]);
  });

  test("the rows come as they are asked for: an endless query is fine, and break ends it", async () => {
    const seen: string[] = [];
    for await (const [n] of rowsOf(
      "with recursive r(n) as (select 1 union all select n + 1 from r) select n from r",
    )) {
      seen.push(n);
      if (seen.length === 1000) break;
    }
    expect(seen.at(-1)).toBe("1000");
    expect((await run("select 1")).rows).toEqual([["1"]]);
    expect(connection.isInTransaction).toBe(place !== "alone");
  });

  test("an error of the consumer's ends it too, and is the one that comes out", async () => {
    const consuming = (async () => {
      for await (const _ of rowsOf(SERIES, [1000])) throw new Error("mine");
    })();
    await expect(consuming).rejects.toThrow("mine");
    expect((await run("select 1")).rows).toEqual([["1"]]);
  });

  test("an error after some rows comes after these rows", async () => {
    let seen = 0;
    const consuming = (async () => {
      for await (const _ of rowsOf("select 1 / (600 - n) from generate_series(1, 1000) n")) seen++;
    })();
    const error = await consuming.catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ sqlState: "22012", query: "Test" });
    expect(seen).toBe(32 + 128);
    if (place !== "alone") await run("rollback");
    expect((await run("select 1")).rows).toEqual([["1"]]);
  });

  test("errors before the first row: in the text, in a value, on a signal", async () => {
    await run("savepoint s").catch(() => {});
    await expect(collect(rowsOf("selec"))).rejects.toMatchObject({ sqlState: "42601" });
    await run("rollback to s").catch(() => {});
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(collect(rowsOf("select $1::json", [circular]))).rejects.toThrow(ParameterError);
    await expect(collect(rowsOf(SERIES, [1], { signal: AbortSignal.abort() }))).rejects.toBeInstanceOf(
      CancelledError,
    );
    expect((await run("select 1")).rows).toEqual([["1"]]);
  });

  test("a timeout ends a fetch on the server", async () => {
    const consuming = collect(
      rowsOf("select n, case when n > 300 then pg_sleep(60) end from generate_series(1, 400) n", [], {
        timeout: 150,
      }),
    );
    await expect(consuming).rejects.toBeInstanceOf(TimeoutError);
    if (place !== "alone") await run("rollback");
    expect((await run("select 1")).rows).toEqual([["1"]]);
  });

  test("a signal between two fetches ends it at once, though the consumer is busy", async () => {
    // The consumer is busy for longer than cancelling may take.
    await connection.client.end();
    connection = await openConnection(database.url, true, 5000);
    if (place !== "alone") await run("begin");
    const abort = new AbortController();
    let seen = 0;
    const consuming = (async () => {
      for await (const _ of rowsOf(SERIES, [1000], { signal: abort.signal })) {
        if (++seen !== 32) continue;
        abort.abort();
        // The connection is free although the loop has not gone on.
        expect((await run("select 1")).rows).toEqual([["1"]]);
        await delay(5500);
      }
    })();
    await expect(consuming).rejects.toBeInstanceOf(CancelledError);
    expect(seen).toBe(32);
    expect((await run("select 1")).rows).toEqual([["1"]]);
  });

  test("a lost connection is an error", async () => {
    const other = await openConnection(database.url);
    const consuming = (async () => {
      for await (const [n] of rowsOf(SERIES, [1000])) {
        if (n === "32") {
          await runOn(other, "select pg_terminate_backend($1)", [connection.client.processID]);
          await until(() => connection.lost !== undefined);
        }
      }
    })();
    await expect(consuming).rejects.toBeInstanceOf(ConnectionLostError);
    await other.client.end();
  });

  test("fewer rows are asked for at a time where they are wide, and more where they are narrow", async () => {
    const batches = async (text: string): Promise<number[]> => {
      const all: number[] = [];
      const interrupt = Interrupt.of({});
      for await (const rows of fetches(connection, statement(text, []), interrupt)) all.push(rows.length);
      return all;
    };
    const width = (bytes: string): string =>
      `select n, repeat('x', ${bytes}) from generate_series(1, 1500) n`;
    expect(await batches(width("10"))).toEqual([32, 128, 512, 828]);
    await run("select 1");
    // 1 MiB has room for ten of them; what is more is handed over as it comes.
    expect(await batches(`${width("100000")} limit 63`)).toEqual([11, 11, 10, 10, 10, 10, 1]);
    expect(await batches(`${width("600000")} limit 34`)).toEqual([...new Array(16).fill(2), 1, 1, 0]);
    // Wide ones among narrow ones: the next are few, and then more again.
    const wideUpTo = width("case when n between 600 and 672 then 100000 else 10 end");
    expect(await batches(wideUpTo)).toEqual([32, 128, 450, 11, 11, 11, 11, 11, 7, 73, 292, 463]);
  });

  test("a statement that is not a query gives what it returns, once", async () => {
    await run("create temporary table t (id int) on commit drop").catch(() => {});
    await run("create temporary table if not exists t (id int)");
    const returned = await collect(
      rowsOf("insert into t select n from generate_series(1, 600) n returning id"),
    );
    expect(returned).toHaveLength(600);
    expect(await collect(rowsOf("update t set id = 0"))).toEqual([]);
    expect(await collect(rowsOf(""))).toEqual([]);
  });
});

describe("rows that suddenly become wide", () => {
  /** The first thousand are narrow, so that many are asked for; then each is half of what may be fetched at a time. */
  const SUDDEN =
    "select n, repeat('x', case when n > 1000 then 50000 else 1 end) from generate_series(1, 1300) n";
  const LIMIT = 100_000;
  let pool: Pool;
  beforeEach(() => {
    pool = createPool({ connectionString: database.url, max: 1, fetchBytes: LIMIT });
  });
  const isWaiting = async (): Promise<boolean> => {
    const { rows } = await run(
      "select from pg_stat_activity where datname = current_database() and wait_event = 'ClientWrite'",
    );
    return rows.length === 1;
  };
  afterEach(() => pool.close());

  test("come no more than fit at a time, all of them, in order", async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const settings = { telemetry: noTelemetry, cancelTimeout: 60_000, prepare: true, fetchBytes: LIMIT };
    const own = new Connection(client as unknown as DriverClient, settings);
    let next = 1;
    for await (const rows of fetches(own, statement(SUDDEN), Interrupt.of({}))) {
      expect(rows.reduce((bytes, [, x]) => bytes + x.length, 0)).toBeLessThan(LIMIT + 50_000);
      for (const [n] of rows) expect(n).toBe(String(next++));
    }
    expect(next).toBe(1301);
    await client.end();
  });

  test.each([0, 1, 50_000, Number.POSITIVE_INFINITY])(
    "whatever may be held: %s bytes",
    async (fetchBytes) => {
      await using own = createPool({ connectionString: database.url, max: 1, fetchBytes });
      expect(
        await collect(own.stream(statement("select repeat('x', n) from generate_series(1, 2000) n"))),
      ).toHaveLength(2000);
      await own.transaction(async (tx) => {
        expect(await collect(tx.stream(statement("select generate_series(1, 2000)")))).toHaveLength(2000);
      });
    },
  );

  test("a loop that ends amid what was asked for keeps the connection, and what the statement has done", async () => {
    await pool.execute("create table if not exists wide (n int)");
    const [before] = (await pool.execute("select pg_backend_pid()")).rows;
    const inserting = "insert into wide select generate_series(1, 2000) returning n, repeat('x', 50000)";
    let seen = 0;
    for await (const _ of pool.stream(statement(inserting))) if (++seen === 3) break;
    expect((await pool.execute("select count(*), pg_backend_pid() from wide")).rows).toEqual([
      ["2000", ...before!],
    ]);
    await pool.execute("drop table wide");
  });

  // With a short one the request to cancel meets rows that are on their way.
  test.each([1, 2, 3, 4, 5, 200])(
    "so does one whose time is over there, though its reader is busy: %s ms",
    async (timeout) => {
      await pool.execute("select 1");
      const consuming = (async () => {
        let seen = 0;
        // The connection is free although the loop has not gone on.
        for await (const _ of pool.stream({ ...statement(SUDDEN), timeout }))
          if (++seen === 1003) expect((await pool.execute("select 1")).rows).toEqual([["1"]]);
      })();
      await expect(consuming).rejects.toBeInstanceOf(TimeoutError);
      expect(pool.stat()).toMatchObject({ acquiredConns: 0 });
    },
  );

  test("in a transaction, a statement between them has its turn, and so has the end", async () => {
    await pool.transaction(async (tx) => {
      let seen = 0;
      for await (const [n] of tx.stream(statement(SUDDEN))) {
        expect(n).toBe(String(++seen));
        if (seen > 1000 && seen % 50 === 3) expect((await tx.execute("select 1")).rows).toEqual([["1"]]);
        if (seen === 1103) await tx.transaction((inner) => inner.execute("select 1"));
      }
      expect(seen).toBe(1300);
    });
    const tx = await pool.begin();
    const left = tx.stream(statement(SUDDEN));
    for (let i = 0; i < 1003; i++) await left.next();
    await tx.commit();
    await pool.transaction(async (other) => {
      for await (const [n] of other.stream(statement(SUDDEN))) if (n === "1003") break;
      expect((await other.execute("select count(*) from pg_cursors where name <> ''")).rows).toEqual([["0"]]);
    });
    expect(pool.stat()).toMatchObject({ newConnsCount: 1, acquiredConns: 0 });
  });

  test("in a transaction, so has what is asked of pg's own client", async () => {
    const query = (client: Pick<pg.ClientBase, "query">) => client.query("select 1 as one");
    await using held = await pool.connect();
    await held.transaction(async (tx) => {
      let seen = 0;
      for await (const _ of tx.stream(statement(SUDDEN)))
        if (++seen === 1003)
          expect((await query(held.client as unknown as pg.ClientBase)).rows).toEqual([{ one: 1 }]);
      expect(seen).toBe(1300);
    });
    const theirs = new pg.Pool({ connectionString: database.url, max: 1 });
    const wide = SUDDEN.replaceAll("50000", "1500000").replace("1300", "1010");
    await fromPg(theirs).transaction(async (tx, client) => {
      let seen = 0;
      for await (const _ of tx.stream(statement(wide)))
        if (++seen === 1003) expect((await query(client)).rows).toEqual([{ one: 1 }]);
      expect(seen).toBe(1010);
    });
    await theirs.end();
  });

  test.each([
    ["alone", (work: (on: Queryable) => Promise<void>) => work(pool)],
    ["in a transaction", (work: (on: Queryable) => Promise<void>) => pool.transaction((tx) => work(tx))],
  ])("the server waits for a reader who takes his time: %s", async (_, within) => {
    await within(async (on) => {
      let seen = 0;
      for await (const _ of on.stream(statement(SUDDEN))) if (++seen === 1005) await until(isWaiting);
      expect(seen).toBe(1300);
    });
    expect((await pool.execute("select 1")).rows).toEqual([["1"]]);
  });

  test("an error in what was not read of them is nobody's, but for a transaction that has failed with it", async () => {
    const failing = SUDDEN.replace("select n", "select n / (n - 1100)");
    const left = async (on: Queryable): Promise<void> => {
      let seen = 0;
      for await (const _ of on.stream(statement(failing))) if (++seen === 1003) break;
    };
    await left(pool);
    await expect(pool.transaction((tx) => left(tx))).rejects.toMatchObject({ sqlState: "22012" });
    expect((await pool.execute("select 1, 2, 3")).rows).toEqual([["1", "2", "3"]]);
    expect(pool.stat().newConnsCount).toBe(1);
  });

  test("what fails amid them fails there", async () => {
    const failing = SUDDEN.replace("select n", "select n / (n - 1100)");
    await expect(collect(pool.stream(statement(failing)))).rejects.toMatchObject({ sqlState: "22012" });
    expect((await pool.execute("select 1")).rows).toEqual([["1"]]);
  });
});

test("in a transaction, other statements run between the rows", async () => {
  await run("begin");
  await run("create temporary table seen (n int) on commit drop");
  for await (const [n] of rowsOf(SERIES, [600])) await run("insert into seen values ($1)", [n]);
  expect((await run("select count(*), sum(n) from seen")).rows).toEqual([["600", "180300"]]);
  // Two at once, too.
  const [a, b] = await Promise.all([collect(rowsOf(SERIES, [600])), collect(rowsOf(SERIES, [601]))]);
  expect([a.length, b.length]).toEqual([600, 601]);
  await run("rollback");
});

test.each(["alone", "in a scope"])(
  "a statement whose own transaction cannot be committed has failed, though its rows have come: %s",
  async (where) => {
    await run("create table if not exists deferred (n int unique deferrable initially deferred)");
    await using pool = createPool({ connectionString: database.url, max: 1 });
    const on = where === "alone" ? pool : pool.scope({ "app.tenant": "1" });
    for (const rows of [2, 2000]) {
      const text = `insert into deferred select 1 from generate_series(1, ${rows}) returning n`;
      await expect(collect(on.stream(statement(text)))).rejects.toMatchObject({
        sqlState: "23505",
        query: "Test",
      });
    }
    const left = async (text: string, on: Queryable): Promise<void> => {
      for await (const _ of on.stream(statement(text))) break;
    };
    // Also where the loop was left: what it did was to stay.
    const all = "insert into deferred select 1 from generate_series(1, 2000) returning n";
    await expect(left(all, on)).rejects.toMatchObject({ sqlState: "23505" });
    expect((await pool.execute("select count(*) from deferred")).rows).toEqual([["0"]]);
    await left("select 1 / (40 - n), repeat('x', 100000) from generate_series(1, 2000) n", on);
    expect(pool.stat()).toMatchObject({ newConnsCount: 1, acquiredConns: 0 });
  },
);

test("alone, what a migration has outdated is prepared again", async () => {
  await run("drop table if exists m");
  await run("create table m as select 1 as a");
  expect(await collect(rowsOf("select * from m"))).toEqual([["1"]]);
  await run("alter table m add b int default 2");
  expect(await collect(rowsOf("select * from m"))).toEqual([["1", "2"]]);
});

test("a pool's connection is free once the last row has come, or the time is over, whatever the reader does", async () => {
  const pool = createPool({ connectionString: database.url, max: 1, acquireTimeout: 60_000 });
  try {
    const small = pool.stream(statement("select generate_series(1, 10)"));
    expect((await small.next()).value).toEqual(["1"]);
    expect((await pool.execute("select 1")).rows).toEqual([["1"]]);
    expect(await collect(small)).toHaveLength(9);
    const large = pool.stream({ ...statement("select generate_series(1, 5000)"), timeout: 100 });
    await large.next();
    expect((await pool.execute("select 1")).rows).toEqual([["1"]]);
    await expect(collect(large)).rejects.toBeInstanceOf(TimeoutError);
    expect(pool.stat()).toMatchObject({ acquiredConns: 0, idleConns: 1 });
  } finally {
    await pool.close();
  }
});
