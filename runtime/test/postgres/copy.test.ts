import { setTimeout as delay } from "node:timers/promises";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import fc from "../../../tests/properties.ts";
import { CancelledError, ConnectionLostError, DatabaseError, TimeoutError } from "../../src/errors/errors.ts";
import { batch } from "../../src/postgres/batch.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { copyRows } from "../../src/postgres/copy.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import type { CopyConfig, QueryOptions, QueryResult } from "../../src/statement.ts";
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
  await run("drop table if exists t");
  await run(`create table t (id int, "odd ""name" text)`);
});
afterEach(() => connection.client.end());

const run = (text: string, values?: unknown[]): Promise<QueryResult> => runOn(connection, text, values);
type Row = readonly [number, string | null];
type Rows = CopyConfig<Row>["rows"];

async function copy(rows: Rows, options: QueryOptions = {}, table = "t"): Promise<number> {
  const interrupt = Interrupt.of(options);
  const config: CopyConfig<Row> = {
    schema: "public",
    table,
    columns: ["id", 'odd "name'],
    rows,
    encode: ([id, name]) => [String(id), name],
    query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
  };
  try {
    return await copyRows(connection, config, interrupt);
  } finally {
    interrupt?.end();
  }
}
const stored = async (): Promise<unknown[]> =>
  (await run(`select id::text, "odd ""name" from t order by id`)).rows;
const count = async (): Promise<number> => Number((await run("select count(*) from t")).rows[0]?.[0]);
async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield item;
}

describe("a row that is refused, of a source that is never left", () => {
  const stuck = (row: Row) => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ value: row, done: false }),
      return: () => new Promise<IteratorResult<Row>>(() => {}),
    }),
  });

  test.each([
    ["a character that cannot be stored", [1, "\0"]],
    ["what cannot be encoded", undefined],
  ] as const)("%s: the call fails at once, by COPY and by INSERT", async (_, row) => {
    const rows = stuck(row as Row);
    await expect(copy(rows)).rejects.toThrow();
    expect(await count()).toBe(0);
    // As in a scope whose policies hold.
    Object.assign(connection, { copies: false });
    await expect(copy(rows)).rejects.toThrow();
    expect(await count()).toBe(0);
  });
});

test("any text, from an array", async () => {
  const text = fc
    .string({ unit: "binary", maxLength: 40 })
    .filter((s) => !s.includes("\0") && !/\p{Surrogate}/u.test(s));
  const tricky = fc.stringMatching(/^[\\\t\n\r.Nbx0-9]{0,8}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.oneof(text, tricky))), async (names) => {
      await run("truncate t");
      const rows = names.map((name, i): Row => [i, name]);
      expect(await copy(rows)).toBe(rows.length);
      expect(await stored()).toEqual(rows.map(([i, name]) => [String(i), name]));
    }),
    { numRuns: 100 },
  );
});

test("a table of one column, whose lines look like the end of data or like nothing", async () => {
  await run("create table one (line text)");
  const lines = ["\\.", "", "\\N", null, "\\", "\n"];
  const query = { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] };
  const encode = (line: string | null) => [line];
  const config: CopyConfig<string | null> = {
    schema: "public",
    table: "one",
    columns: ["line"],
    rows: lines,
    encode,
    query,
  };
  await copyRows(connection, config, Interrupt.of({}));
  expect((await run("select line from one")).rows.flat()).toEqual(lines);
});

test("more rows than the sockets hold, from an async iterable that is asked only as fast as the server takes them", async () => {
  const other = await openConnection(database.url);
  // The server stops reading when it has to wait for this lock, in the middle of the data.
  await run(`create function wait() returns trigger language plpgsql as
    $$ begin if new.id = 1000 then perform pg_advisory_xact_lock(7); end if; return new; end $$`);
  await run("create trigger wait before insert on t for each row execute function wait()");
  await runOn(other, "select pg_advisory_lock(7)");
  let asked = 0;
  const total = 100_000;
  async function* rows(): AsyncGenerator<Row> {
    for (; asked < total; asked++) yield [asked, "x".repeat(1000)];
  }
  const copying = copy(rows());
  const waits = "select from pg_stat_activity where pid = $1 and wait_event = 'advisory'";
  const isWaiting = async () => (await runOn(other, waits, [connection.client.processID])).rows.length === 1;
  await until(isWaiting);
  expect(asked).toBeGreaterThan(1000);
  for (let before = -1; asked !== before; ) {
    before = asked;
    await delay(300);
  }
  expect(asked).toBeLessThan(total / 2);
  await runOn(other, "select pg_advisory_unlock(7)");
  expect(await copying).toBe(total);
  expect(await count()).toBe(total);
  await other.client.end();
  await run("drop function wait() cascade");
});

test("nothing is a copy of no rows", async () => {
  expect(await copy([])).toBe(0);
  expect(await copy(each([]))).toBe(0);
});

test.each(["array", "async iterable"])(
  "what the source throws ends it, and nothing was inserted: %s",
  async (kind) => {
    const broken = new Error("the file ended early");
    let isClosed = false;
    function* rows(): Generator<Row> {
      try {
        for (let i = 0; i < 5000; i++) yield [i, "x".repeat(100)];
        throw broken;
      } finally {
        isClosed = true;
      }
    }
    await expect(copy(kind === "array" ? rows() : each(rows()))).rejects.toBe(broken);
    expect(isClosed).toBe(true);
    expect(await count()).toBe(0);
  },
);

test("the server's error ends it, and the source is closed and not asked for more", async () => {
  await run("alter table t add unique (id)");
  let asked = 0;
  let isClosed = false;
  async function* rows(): AsyncGenerator<Row> {
    try {
      for (;;) yield [asked++ === 10_000 ? 1 : asked, "x".repeat(100)];
    } finally {
      isClosed = true;
    }
  }
  const error = await copy(rows()).catch((e) => e);
  expect(error).toBeInstanceOf(DatabaseError);
  expect(error).toMatchObject({ sqlState: "23505", query: "Load", table: "t" });
  await until(() => isClosed);
  expect(await count()).toBe(0);
});

test("the server's error ends it even while the source is silent", async () => {
  async function* rows(): AsyncGenerator<Row> {
    yield [1, "x".repeat(100_000)];
    await new Promise(() => {});
  }
  await run('alter table t add check (length("odd ""name") < 10)');
  await expect(copy(rows(), {}, "t")).rejects.toMatchObject({ sqlState: "23514" });
  await expect(copy([[1, "x"]], {}, "missing")).rejects.toMatchObject({ sqlState: "42P01" });
  expect(await count()).toBe(0);
});

test.each(["is iterated in turn", "is waited for"])(
  "a signal's error is not that of a source which fails as it is left, where it %s",
  async (how) => {
    const abort = new AbortController();
    let given = 0;
    let isLeft = false;
    const next = (): IteratorResult<Row> => {
      if (++given === 2) abort.abort();
      return { done: false, value: [given, "x".repeat(100_000)] };
    };
    const leave = (): never => {
      isLeft = true;
      throw new Error("the source's own");
    };
    const rows: Rows =
      how === "is waited for"
        ? { [Symbol.asyncIterator]: () => ({ next: async () => next(), return: async () => leave() }) }
        : { [Symbol.iterator]: () => ({ next, return: leave }) };
    await expect(copy(rows, { signal: abort.signal })).rejects.toBeInstanceOf(CancelledError);
    expect(isLeft).toBe(true);
    expect(await count()).toBe(0);
  },
);

test("a signal or a timeout ends it while the source is silent, and the connection goes on", async () => {
  async function* rows(): AsyncGenerator<Row> {
    yield [1, "x".repeat(100_000)];
    await new Promise(() => {});
  }
  await expect(copy(rows(), { timeout: 100 })).rejects.toBeInstanceOf(TimeoutError);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await expect(copy(rows(), { signal: abort.signal })).rejects.toBeInstanceOf(CancelledError);
  expect(await count()).toBe(0);
});

test("a timeout ends it while it waits for the table", async () => {
  const other = await openConnection(database.url);
  await runOn(other, "begin");
  await runOn(other, "lock table t");
  await expect(copy([[1, "x"]], { timeout: 100 })).rejects.toBeInstanceOf(TimeoutError);
  await other.client.end();
  expect(await count()).toBe(0);
});

test("a connection that is lost on the way fails it, and closes the source", async () => {
  const other = await openConnection(database.url);
  let isClosed = false;
  async function* rows(): AsyncGenerator<Row> {
    try {
      for (let i = 0; ; i++) {
        yield [i, "x".repeat(1000)];
        if (i === 2000) await runOn(other, "select pg_terminate_backend($1)", [connection.client.processID]);
      }
    } finally {
      isClosed = true;
    }
  }
  await expect(copy(rows())).rejects.toBeInstanceOf(ConnectionLostError);
  await until(() => isClosed);
  await other.client.end();
});

test("in a transaction it is part of it", async () => {
  await run("begin");
  await copy([[1, "a"]]);
  await run("rollback");
  expect(await count()).toBe(0);
});

test.each([
  ["a statement", () => run("copy t from stdin")],
  [
    "the last of an atomic batch",
    async () => {
      const configs = [statement("select 1"), statement("copy t from stdin")];
      const [, last] = await batch(connection, configs, Interrupt.of({}), true);
      if (last?.status === "rejected") throw last.reason;
    },
  ],
])("where it is %s, it is refused, and the connection goes on", async (_, attempt) => {
  await expect(attempt()).rejects.toMatchObject({
    cause: { message: expect.stringContaining("COPY needs copyRows()") },
  });
  expect((await run("select 1")).rows).toEqual([["1"]]);
});
