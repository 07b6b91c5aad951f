import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { CountedLoop } from "../event-loop.ts";
import { ScriptedServer } from "../postgres/scripted-server.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

// What is reported where no connection is to be had, or one is lost: every call is an operation that failed, under its name.

let database: TestDatabase;
let recorder: Recorder;
let loop: CountedLoop;
beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  database = await createDatabase();
});
afterAll(async () => {
  context.disable();
  await database?.drop();
});
beforeEach(() => {
  recorder = createRecorder();
  loop = new CountedLoop();
});
afterEach(() => {
  loop.restore();
  return recorder.shutdown();
});

const open = (options: PoolOptions): Pool =>
  createPool({ acquireTimeout: 200, telemetry: createTelemetry(recorder), ...options });
const statement = (text = "select 1") => ({
  text,
  values: [],
  rowMode: "array" as const,
  types: { getTypeParser: () => (value: unknown) => value },
  query: { name: "GetThing", command: ":many", operation: "SELECT", relations: [] },
});
const copy = {
  schema: "public",
  table: "things",
  columns: ["id"],
  rows: [1],
  encode: (id: number) => [String(id)],
  query: { ...statement().query, name: "CopyThings", command: ":copyfrom" },
};
const all = async (rows: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of rows);
};
type Call<On> = [string, string, (on: On) => Promise<unknown>];

/** Every way to the server that is an operation, and what that is called. */
const statements: Call<Pool | ReturnType<Pool["scope"]>>[] = [
  ["a statement", "GetThing", (on) => on.query(statement())],
  ["an ad hoc statement", "fix", (on) => on.execute("select 1", [], { name: "fix" })],
  ["a batch of one", "GetThing", (on) => on.batch([statement()])],
  ["a batch", "BATCH GetThing", (on) => on.batch([statement(), statement()])],
  ["a stream", "GetThing", (on) => all(on.stream(statement()))],
  ["a copy in", "CopyThings", (on) => on.copyRows(copy)],
  ["a copy out", "dump", (on) => all(on.copyTo("copy things to stdout", { name: "dump" }))],
];
/** The same of calls that a pool alone has. */
const calls: Call<Pool>[] = [
  ...statements,
  ["a connection", "connect", (on) => on.connect()],
  ["a ping", "ping", (on) => on.ping()],
  ["a lock", "lock", (on) => on.lock("thing")],
  ["a lock that is not waited for", "lock", (on) => on.tryLock("thing")],
];
const failures = async () =>
  (await recorder.points("db.client.operation.duration")).map(({ attributes, value }) => [
    attributes["db.query.summary"],
    attributes["error.type"],
    value.count,
  ]);

describe.each(calls)("%s", (_, name, call) => {
  test("to a server that is not there", async () => {
    const pool = open({ host: "127.0.0.1", port: await freePort(), database: "x", user: "x" });
    await expect(call(pool)).rejects.toMatchObject({ name: "ConnectionFailedError" });
    expect(await failures()).toEqual([[name, "ConnectionFailedError", 1]]);
    // Connecting, too, is a span, of the pool.
    const span = recorder.spans().find((one) => one.name === name && "db.query.summary" in one.attributes)!;
    expect(span.attributes).toMatchObject({ "db.system.name": "postgresql", "db.namespace": "x" });
    // Since the call, not since there was no hope any more.
    const [duration] = await recorder.points("db.client.operation.duration");
    expect(duration!.value.sum!).toBeGreaterThan(0.1);
    expect(span.duration[0] + span.duration[1] / 1e9).toBeGreaterThan(0.1);
    await pool.close();
  });

  test("where all connections are in use", async () => {
    const pool = open({ connectionString: database.url, max: 1, acquireTimeout: 5000 });
    const held = await pool.connect();
    const failing = call(pool);
    await pool.close({ timeout: 0 });
    await expect(failing).rejects.toMatchObject({ name: "PoolClosedError" });
    held.release();
    expect(await failures()).toEqual([[name, "PoolClosedError", 1]]);
  });

  test("that comes too late", async () => {
    const pool = open({ connectionString: database.url });
    await pool.close();
    await expect(call(pool)).rejects.toMatchObject({ name: "PoolClosedError" });
    expect(await failures()).toEqual([[name, "PoolClosedError", 1]]);
  });
});

describe.each(statements)("%s in a scope", (_, name, call) => {
  test.each(["set_config", "set local"] as const)("by %s", async (scopeBy) => {
    const pool = open({ host: "127.0.0.1", port: await freePort(), database: "x", user: "x", scopeBy });
    await expect(call(pool.scope({ "app.id": "1" }))).rejects.toMatchObject({
      name: "ConnectionFailedError",
    });
    expect(await failures()).toEqual([[name, "ConnectionFailedError", 1]]);
    await pool.close();
  });
});

describe("a stream that is left before the connection is lost", () => {
  async function leave(operation: string, when: (server: ScriptedServer) => void): Promise<void> {
    const server = await ScriptedServer.start();
    const there = { host: "127.0.0.1", port: server.port, database: "x", user: "x", ssl: false };
    const pool = open({ ...there, cancelTimeout: 20, acquireTimeout: 60_000, prepare: true });
    const config = statement("select rows 300");
    try {
      for await (const _ of pool.stream({ ...config, query: { ...config.query, operation } })) {
        when(server);
        break;
      }
    } finally {
      await pool.close();
      await server.close();
    }
  }
  const silent = (server: ScriptedServer): void => {
    server.silence = { step: server.steps, where: "before" };
  };
  const gone = (server: ScriptedServer): void => {
    server.closing = { step: server.steps, where: "before", how: "RST" };
  };

  test.each([silent, gone])("is an operation that failed: %p", async (when) => {
    await leave("SELECT", when);
    expect(await failures()).toEqual([["GetThing", "ConnectionLostError", 1]]);
  });

  test.each([silent, gone])("and is an error, where it may have changed something: %p", async (when) => {
    await expect(leave("INSERT", when)).rejects.toMatchObject({ name: "ConnectionLostError" });
    expect(await failures()).toEqual([["GetThing", "ConnectionLostError", 1]]);
  });

  test("is none where it was not", async () => {
    await leave("INSERT", () => {});
    expect(await failures()).toEqual([["GetThing", undefined, 1]]);
  });
});

test("a ping is an operation, one that is given up a failed one", async () => {
  const pool = open({ connectionString: database.url, max: 1 });
  await pool.ping();
  const held = await pool.connect();
  const ping = pool.ping({ timeout: 20 });
  await expect(ping).rejects.toMatchObject({ name: "TimeoutError", query: "ping" });
  held.release();
  expect(await failures()).toEqual([
    ["ping", undefined, 1],
    ["ping", "TimeoutError", 1],
  ]);
  await pool.close();
});

test("a user who is refused shows in the operation, the wait and the attempt to connect", async () => {
  const url = new URL(database.url);
  url.pathname = "/there_is_none";
  const pool = open({ connectionString: url.href });
  await expect(pool.query(statement())).rejects.toMatchObject({ name: "ConnectionFailedError" });
  expect(await failures()).toEqual([["GetThing", "3D000", 1]]);
  for (const metric of ["create_time", "wait_time"]) {
    const [point] = await recorder.points(`db.client.connection.${metric}`);
    expect(point?.attributes).toMatchObject({ "error.type": "3D000" });
  }
  const span = (name: string) => recorder.span(name).spanContext().spanId;
  expect(recorder.span("connect").parentSpanContext?.spanId).toBe(span("pool.acquire"));
  await pool.close();
});

test("a call that had to wait for its connection has lasted since it was made", async () => {
  const pool = open({ connectionString: database.url, max: 1, acquireTimeout: 60_000 });
  const held = await pool.connect();
  const waiting = pool.query(statement());
  await held.execute("select pg_sleep(0.3)");
  held.release();
  await waiting;
  const [duration] = (await recorder.points("db.client.operation.duration")).filter(
    ({ attributes }) => attributes["db.query.summary"] === "GetThing",
  );
  expect(duration!.value.sum!).toBeGreaterThan(0.25);
  await pool.close();
});

test("a statement in a transaction that has ended is part of the transaction", async () => {
  const pool = open({ connectionString: database.url });
  const transaction = await pool.begin();
  await transaction.rollback();
  await expect(transaction.query(statement())).rejects.toMatchObject({ name: "TransactionClosedError" });
  expect(await failures()).toEqual([["GetThing", "TransactionClosedError", 1]]);
  await pool.close();
});

describe("transactions", () => {
  let pool: Pool;
  beforeEach(async () => {
    await database.pool.query(
      `create table if not exists deferred (id int unique deferrable initially deferred);
       truncate deferred; insert into deferred values (1)`,
    );
    pool = open({ connectionString: database.url, acquireTimeout: 10_000 });
  });
  afterEach(() => pool.close());
  const ended = async () =>
    (await recorder.points("solitude.transaction.duration")).map(({ attributes, value }) => [
      attributes["solitude.transaction.outcome"],
      attributes["error.type"],
      value.count,
    ]);

  test.each([
    ["that commits", () => pool.transaction((tx) => tx.query(statement())), "committed"],
    ["that its work rolls back", () => pool.transaction((tx) => tx.rollback()), "rolled_back"],
    ["that is ended by hand", async () => (await pool.begin()).rollback(), "rolled_back"],
    ["that is committed by hand", async () => (await pool.begin()).commit(), "committed"],
  ])("one %s", async (_, work, outcome) => {
    await work();
    expect(await ended()).toEqual([[outcome, undefined, 1]]);
  });

  test("one whose COMMIT fails: so does an operation of that name", async () => {
    const failing = pool.transaction((tx) => tx.execute("insert into deferred values (1)"));
    await expect(failing).rejects.toMatchObject({ name: "UniqueViolationError" });
    expect(await ended()).toEqual([["rolled_back", "23505", 1]]);
    expect(recorder.span("COMMIT").attributes).toMatchObject({
      "db.operation.name": "COMMIT",
      "error.type": "23505",
    });
    expect(await failures()).toContainEqual(["COMMIT", "23505", 1]);
  });

  test("one of which nobody knows whether it was committed", async () => {
    await database.pool.query(
      `create or replace function leave() returns trigger language plpgsql as
         $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
       drop trigger if exists leave on deferred;
       create constraint trigger leave after insert on deferred deferrable initially deferred
         for each row execute function leave()`,
    );
    const failing = pool.transaction((tx) => tx.execute("insert into deferred values (2)"));
    await expect(failing).rejects.toMatchObject({ name: "OutcomeUnknownError" });
    await database.pool.query("drop trigger leave on deferred");
    expect(await ended()).toEqual([["unknown", "57P01", 1]]);
  });

  test("those that are tried again are counted", async () => {
    let attempts = 0;
    await pool.transaction(
      async (tx) => {
        attempts += 1;
        if (attempts < 3) await tx.execute("do $$ begin raise sqlstate '40001'; end $$");
      },
      { retry: { retries: 2, backoff: 0 } },
    );
    const retries = await recorder.points<number>("solitude.transaction.retries");
    expect(retries.map(({ value }) => value)).toEqual([2]);
    expect(await ended()).toEqual([["committed", undefined, 1]]);
  });
});
