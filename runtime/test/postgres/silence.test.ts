import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  OutcomeUnknownError,
  PoolClosedError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import { postgresCheck } from "../../src/health/postgres-check.ts";
import { createListener } from "../../src/postgres/listener.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions, ServerOptions } from "../../src/postgres/pool-options.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { run } from "./run.ts";
import { errorResponse, ScriptedServer, type Silence } from "./scripted-server.ts";
import { statement } from "./statement.ts";
import { until } from "./until.ts";

// A server that goes silent before, within and after each of its messages in turn: every call settles, with an error that
// says what is known, and its connection is given back or closed.

const copy: CopyConfig<number> = {
  schema: "public",
  table: "t",
  columns: ["n"],
  rows: [1, 2],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
};

async function readAll(on: Queryable, rows: number, stopAt = Number.POSITIVE_INFINITY): Promise<void> {
  let seen = 0;
  for await (const _ of on.stream(statement(`select rows ${rows}`))) if (++seen === stopAt) break;
}

const failure = new Error("the work's own");

async function copyAll(on: Queryable, stopAt = Number.POSITIVE_INFINITY): Promise<void> {
  let seen = 0;
  for await (const _ of on.copyTo("copy t to stdout")) if (++seen === stopAt) break;
}

/** Where the server is, and how long it may take there. */
interface There {
  readonly server: ServerOptions;
  readonly time: number;
}

/** Every call there is, by what it does. */
const calls: Readonly<Record<string, (pool: Pool, there: There) => Promise<unknown>>> = {
  query: (pool) => run(pool, "select 1"),
  "a query twice": async (pool) => {
    await run(pool, "select 1");
    await run(pool, "select 1");
  },
  execute: (pool) => pool.execute("select 1"),
  batch: (pool) => settledOf(pool.batch([statement("select 1"), statement("select 2")])),
  "an atomic batch": (pool) =>
    settledOf(pool.batch([statement("select 1"), statement("select 2")], { atomic: true })),
  "a stream": (pool) => readAll(pool, 300),
  "a stream that is left": (pool) => readAll(pool, 300, 1),
  copyRows: (pool) => pool.copyRows(copy),
  copyTo: (pool) => copyAll(pool),
  "copyTo that is left": (pool) => copyAll(pool, 1),
  "a scope's copyTo": (pool) => copyAll(pool.scope({ "app.tenant": "1" })),
  "a lock": async (pool) => {
    await using _ = await pool.lock("k");
  },
  "a transaction's lock": (pool) => pool.transaction((tx) => tx.lock("k")),
  "a listener": async (_, { server, time }) => {
    await using listener = createListener({
      ...server,
      connectTimeout: time,
      answerTimeout: time,
      backoff: 1,
    });
    await (await listener.listen("c", () => {}, { timeout: time })).close();
  },
  "a health check": async (_, { server, time }) => {
    const check = postgresCheck(server);
    try {
      await check.check(AbortSignal.timeout(time));
    } finally {
      await check.close?.();
    }
  },
  ping: (pool) => pool.ping(),
  connect: async (pool) => {
    await using held = await pool.connect();
    await run(held, "select 1");
  },
  "a transaction": (pool) =>
    pool.transaction(async (tx) => {
      await run(tx, "select 1");
      await tx.execute("select 2");
    }),
  "a transaction that is rolled back": (pool) =>
    pool.transaction(async (tx) => {
      await run(tx, "select 1");
      throw failure;
    }),
  "a transaction with a savepoint": (pool) =>
    pool.transaction((tx) => tx.transaction((savepoint) => run(savepoint, "select 1"))),
  "a savepoint that is rolled back": (pool) =>
    pool.transaction(async (tx) => {
      await using _ = await tx.begin();
    }),
  "a transaction with a stream": (pool) => pool.transaction((tx) => readAll(tx, 300)),
  "a transaction with a stream that is left": (pool) => pool.transaction((tx) => readAll(tx, 300, 1)),
  "a transaction with copyRows": (pool) => pool.transaction((tx) => tx.copyRows(copy)),
  "begin and commit": async (pool) => {
    const tx = await pool.begin();
    await run(tx, "select 1");
    await tx.commit();
  },
  "begin on a connection, and rollback": async (pool) => {
    await using held = await pool.connect();
    await using tx = await held.begin();
    await run(tx, "select 1");
  },
  "a scope": (pool) => run(pool.scope({ "app.tenant": "1" }), "select 1"),
  "a scope's transaction": (pool) =>
    pool.scope({ "app.tenant": "1" }).transaction((tx) => run(tx, "select 1")),
  "a replica": (pool) => run(pool.replica, "select 1"),
  "a replica's transaction": (pool) => pool.replica.transaction((tx) => run(tx, "select 1")),
};

/** The first error of a batch as its own. */
async function settledOf(batch: Promise<PromiseSettledResult<unknown>[]>): Promise<void> {
  for (const one of await batch) if (one.status === "rejected") throw one.reason;
}

function placeOf({ port }: ScriptedServer): Pick<There, "server"> {
  return { server: { host: "127.0.0.1", port, user: "u", database: "d", ssl: false } };
}

function open(server: ScriptedServer, options: PoolOptions = {}): Pool {
  const { server: there } = placeOf(server);
  return createPool({
    ...there,
    max: 2,
    timeout: 60,
    connectTimeout: 40,
    acquireTimeout: 50,
    cancelTimeout: 40,
    pingTimeout: 20,
    pingAfter: 0,
    replicas: [there],
    ...options,
  });
}

/** What a call may come to: what is known of it, and nothing of `pg`'s. */
const KNOWN = [TimeoutError, ConnectionFailedError, ConnectionLostError, OutcomeUnknownError, CancelledError];

interface Ending {
  readonly error: unknown;
}

/** Runs the call against a server that falls silent, and sees what becomes of it and of its connection. */
async function tryOut(name: string, silence: Silence | undefined): Promise<{ steps: number } & Ending> {
  const server = await ScriptedServer.start();
  const generous =
    silence === undefined
      ? {
          timeout: 60_000,
          connectTimeout: 60_000,
          acquireTimeout: 60_000,
          cancelTimeout: 60_000,
          pingTimeout: 60_000,
        }
      : {};
  const pool = open(server, generous);
  server.silence = silence;
  let ending: Ending | undefined;
  const where = `${name}, silent ${silence?.where} message ${silence?.step}${silence?.isForAll ? " for all" : ""}`;
  const there = { ...placeOf(server), time: silence === undefined ? 60_000 : 60 };
  void calls[name]!(pool, there).then(
    () => {
      ending = { error: undefined };
    },
    (error: unknown) => {
      ending = { error };
    },
  );
  await until(() => ending !== undefined).catch(() => {
    throw new Error(`it never settled: ${where}`);
  });
  const { steps } = server;
  await until(() => pool.stat().acquiredConns === 0 && pool.stat().pendingAcquires === 0).catch(() => {
    throw new Error(`its connection was never given back: ${where}`);
  });
  if (ending!.error !== undefined && ending!.error !== failure) {
    const isKnown = KNOWN.some((kind) => ending!.error instanceof kind);
    if (!isKnown) throw new Error(`it failed otherwise: ${where}`, { cause: ending!.error });
  }
  server.silence = undefined;
  await until(() =>
    run(pool, "select 1", [], { timeout: 5_000 }).then(
      () => true,
      () => false,
    ),
  ).catch(() => {
    throw new Error(`the pool never recovered: ${where}`);
  });
  await pool.close({ timeout: 20 });
  await until(() => server.connections === 0).catch(() => {
    throw new Error(`a connection was left open: ${where}`);
  });
  await server.close();
  return { steps, error: ending!.error };
}

describe.each(Object.keys(calls))("%s", (name) => {
  test("settles wherever the server falls silent, and its connection is given back or closed", async () => {
    const { steps, error } = await tryOut(name, undefined);
    expect([undefined, failure]).toContain(error);
    expect(steps).toBeGreaterThan(5);
    const silences: Silence[] = [];
    for (let step = 0; step < steps; step++) {
      // After one is before the next.
      for (const where of ["before", "within"] as const) silences.push({ step, where });
      silences.push({ step, where: "before", isForAll: true });
    }
    silences.push({ step: steps - 1, where: "after" });
    const endings: Ending[] = [];
    // Several at once, for they do little but wait.
    const worker = async (): Promise<void> => {
      for (let silence = silences.pop(); silence !== undefined; silence = silences.pop())
        endings.push(await tryOut(name, silence));
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    // Where no other connection was to be had, it cannot but fail.
    expect(endings.some(({ error }) => error !== undefined)).toBe(true);
  });
});

describe("a server that says its last word", () => {
  test.each([
    ["FATAL", "FATAL"],
    ["in another language", "ВАЖНО"],
  ])("in the packet that says it is ready (%s): the connection is never lent", async (_, word) => {
    const server = await ScriptedServer.start();
    server.parting = errorResponse("FATAL", "57P01", word);
    const pool = open(server, { prepare: true, replicas: [] });
    const error = await run(pool, "select 1").catch((e) => e);
    expect([ConnectionFailedError, TimeoutError]).toContain(error.constructor);
    expect(pool.stat()).toMatchObject({ acquiredConns: 0, idleConns: 0 });
    await pool.close();
    await server.close();
  });
});

test("what still runs when the pool is closed is cancelled on the server", async () => {
  const server = await ScriptedServer.start();
  const pool = open(server, {
    timeout: 60_000,
    cancelTimeout: 60_000,
    connectTimeout: 60_000,
    acquireTimeout: 60_000,
  });
  const running = run(pool, "select sleep").catch((error) => error);
  await until(() => server.sleeping === 1);
  await pool.close({ timeout: 20 });
  expect(await running).toBeInstanceOf(ConnectionLostError);
  expect(server.cancelled).toBeGreaterThan(0);
  await expect(run(pool, "select 1")).rejects.toBeInstanceOf(PoolClosedError);
  await server.close();
});
