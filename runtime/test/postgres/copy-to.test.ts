import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  SessionSettingError,
  StatementError,
  TimeoutError,
  TransactionBusyError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({
    connectionString: database.url,
    max: 1,
    acquireTimeout: 60_000,
    cancelTimeout: 60_000,
  });
});
afterAll(async () => {
  await pool?.close();
  await database?.drop();
});

async function read(on: Queryable, text: string, options = {}): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of on.copyTo(text, options)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
const backend = async () => (await run(pool, "select pg_backend_pid()"))[0]?.[0];
/** Some tens of megabytes, which no socket holds. */
const LARGE = "copy (select repeat('x', 1000) from generate_series(1, 50000)) to stdout";

test("it gives what COPY writes, in pieces that end with a line", async () => {
  const csv = "copy (select n, 'é' || n from generate_series(1, 3) n) to stdout (format csv, header)";
  expect(await read(pool, csv)).toBe("n,?column?\n1,é1\n2,é2\n3,é3\n");
  expect(await read(pool, "copy (select where false) to stdout")).toBe("");
  for await (const piece of pool.copyTo(LARGE)) expect(piece.at(-1)).toBe("\n".charCodeAt(0));
  const binary = await read(pool, "copy (select 1) to stdout (format binary)");
  expect(binary.startsWith("PGCOPY\n")).toBe(true);
});

test("a reader who is slow is not overrun", async () => {
  let total = 0;
  let largest = 0;
  for await (const piece of pool.copyTo(LARGE)) {
    total += piece.length;
    largest = Math.max(largest, piece.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(total).toBe(50_000 * 1001);
  expect(largest).toBeLessThan(4 * 1024 * 1024);
});

test("a transaction's, and a scope's, see what those do", async () => {
  await pool.transaction(async (tx) => {
    await tx.execute("create temp table seen (n int) on commit drop");
    await tx.execute("insert into seen values (7)");
    expect(await read(tx, "copy seen to stdout")).toBe("7\n");
  });
  const text = "copy (select current_setting('app.x', true)) to stdout";
  expect(await read(pool.scope({ "app.x": "1" }), text)).toBe("1\n");
  expect(await read(pool, text)).toBe("\n");
});

test("leaving the loop, a signal, a time-out and an error end it, and the connection goes on", async () => {
  const before = await backend();
  for await (const _ of pool.copyTo(LARGE)) break;
  const failing = (async () => {
    for await (const _ of pool.copyTo(LARGE)) throw new Error("a reader's");
  })();
  await expect(failing).rejects.toThrow("a reader's");
  const abort = new AbortController();
  const aborted = (async () => {
    for await (const _ of pool.copyTo(LARGE, { signal: abort.signal })) abort.abort();
  })();
  await expect(aborted).rejects.toThrow(CancelledError);
  await expect(read(pool, "copy (select pg_sleep(600)) to stdout", { timeout: 50 })).rejects.toThrow(
    TimeoutError,
  );
  await expect(read(pool, "copy missing to stdout")).rejects.toThrow(StatementError);
  await expect(
    read(pool, "copy (select 1 / (n - 5000) from generate_series(1, 9000) n) to stdout"),
  ).rejects.toThrow(StatementError);
  for (const on of [pool, pool.scope({ "app.x": "1" })])
    for (const text of ["select 1", "set application_name = 'none'", "", "commit and chain"])
      await expect(read(on, text)).rejects.toThrow("not a COPY … TO STDOUT");
  expect(await backend()).toBe(before);
});

test("the connection is free once the last has come, or the time is over, whatever the reader does", async () => {
  const small = pool.copyTo("copy (select generate_series(1, 100)) to stdout");
  await small.next();
  await run(pool, "select 1");
  await small.return(undefined);
  const over = new AbortController();
  const large = pool.copyTo(LARGE, { signal: over.signal });
  await large.next();
  const waiting = run(pool, "select 1");
  // As a time that is over, which a busy machine would come to before the first piece.
  over.abort(new DOMException("over", "TimeoutError"));
  await waiting;
  await expect(large.next()).rejects.toThrow(TimeoutError);
  expect(pool.stat().acquiredConns).toBe(0);
});

test("a COPY the other way is refused, in a scope too, and the connection goes on", async () => {
  const before = await backend();
  await run(pool, "create table if not exists target (n int)");
  for (const on of [pool, pool.scope({ "app.x": "1" })])
    await expect(read(on, "copy target from stdin")).rejects.toThrow(CancelledError);
  expect(await backend()).toBe(before);
});

test("as a statement its lines are refused, and not lost", async () => {
  const before = await backend();
  const text = "copy (select generate_series(1, 5)) to stdout";
  const refusal = new TypeError("COPY … TO STDOUT gives no rows: use copyTo()");
  await expect(pool.execute(text)).rejects.toThrow(refusal);
  await expect(pool.transaction((tx) => tx.execute(text))).rejects.toThrow(refusal);
  await expect(pool.stream(statement(text)).next()).rejects.toThrow(refusal);
  const settled = await pool.batch([statement(text), statement("select 1")]);
  expect(settled).toMatchObject([{ reason: refusal }, { value: { rows: [["1"]] } }]);
  expect(await backend()).toBe(before);
});

test("a transaction whose COPY was left open is not committed, and waits for nobody", async () => {
  const before = await backend();
  const left = pool.transaction(async (tx) => {
    await tx.copyTo(LARGE).next();
  });
  await expect(left).rejects.toThrow(TransactionBusyError);
  // One that has all come is no obstacle.
  await pool.transaction(async (tx) => {
    await tx.copyTo("copy (select 1) to stdout").next();
    await run(tx, "select 1");
  });
  expect(await backend()).toBe(before);
});

test("what is no COPY is not done", async () => {
  await run(pool, "create table if not exists kept (n int)");
  for (const text of ["insert into kept values (1)", "copy kept to stdout; insert into kept values (1)"])
    await expect(read(pool, text)).rejects.toThrow();
  expect(await run(pool, "select * from kept")).toEqual([]);
});

test("a text with several commands ends no transaction, and leaves no scope", async () => {
  for (const on of [pool, pool.scope({ "app.x": "1" })]) {
    const left = on.transaction(async (tx) => {
      await run(tx, "create temp table kept_not (n int)");
      await read(tx, "copy (select 1) to stdout; commit; begin");
    });
    await expect(left).rejects.toMatchObject({ sqlState: "42601" });
    expect(await run(pool, "select to_regclass('kept_not')")).toEqual([[null]]);
  }
});

test("what is written in another encoding than ours is refused, before it is handed on", async () => {
  for (const text of ["copy (select 'é') to stdout", "copy (select chr(233)) to stdout"]) {
    const session = await pool.connect();
    await session.execute("set client_encoding to latin1");
    expect(await read(session, "copy (select 'e') to stdout")).toBe("e\n");
    await expect(read(session, text)).rejects.toThrow(SessionSettingError);
    await session.execute("reset client_encoding");
    expect(await read(session, text)).toBe("é\n");
    session.release();
  }
  // What the command itself asks for is no setting of the session's.
  for await (const piece of pool.copyTo("copy (select 'é') to stdout (encoding 'latin1')"))
    expect(piece).toEqual(Buffer.from([0xe9, 0x0a]));
});
