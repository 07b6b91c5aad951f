import { postgresCheck } from "../../src/health/postgres-check.ts";
import { createListener } from "../../src/postgres/listener.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions, ServerOptions } from "../../src/postgres/pool-options.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { readRows } from "../../src/read-rows.ts";
import type { CopyConfig, RawRow } from "../../src/statement.ts";
import { run } from "./run.ts";
import type { ScriptedServer } from "./scripted-server.ts";
import { statement } from "./statement.ts";

// Every call of a pool's, and of what stands beside it, against a scripted server.

const copy: CopyConfig<number> = {
  schema: "public",
  table: "t",
  columns: ["n"],
  rows: [1, 2],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
};

async function readAll(on: Queryable, rows: number, stopAt = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const row of on.stream(statement(`select rows ${rows}`))) if (seen.push(row) === stopAt) break;
  return seen;
}

/** What a call's own work throws. */
export const failure = new Error("the work's own");

/** @returns undefined where the loop ends early, since what has come by then is as much as the network makes of it */
async function copyAll(on: Queryable, stopAt = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  let seen = 0;
  let text = "";
  for await (const piece of on.copyTo("copy t to stdout")) {
    text += piece;
    if (++seen === stopAt) return undefined;
  }
  return text;
}

/** Where the server is, and how long it may take there. */
interface There {
  readonly server: ServerOptions;
  readonly time: number;
}

/** Every call there is, by what it does. */
export const calls: Readonly<Record<string, (pool: Pool, there: There) => Promise<unknown>>> = {
  query: (pool) => run(pool, "select 1"),
  "a query twice": async (pool) => {
    await run(pool, "select 1");
    return run(pool, "select 1");
  },
  "a scope's query whose rows are read as they come": async (pool) => {
    const read = (row: RawRow): unknown => ({ row });
    return readRows(await pool.scope({ "app.tenant": "1" }).query(statement("select rows 300"), read), read);
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
    return await run(held, "select 1");
  },
  "a transaction": (pool) =>
    pool.transaction(async (tx) => {
      await run(tx, "select 1");
      await tx.execute("select 2");
    }),
  "a transaction with its last": (pool) =>
    pool.transaction(async (tx) => {
      await run(tx, "select 1");
      return (await tx.last.query(statement("select 2"))).rows;
    }),
  "a scope's transaction that is its last": (pool) =>
    pool
      .scope({ "app.tenant": "1" })
      .transaction(async (tx) => (await tx.last.query(statement("select 1"))).rows),
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
    await using tx = await pool.begin();
    await run(tx, "select 1");
    await tx.commit();
  },
  "begin on a connection, and rollback": async (pool) => {
    await using held = await pool.connect();
    await using tx = await held.begin();
    await run(tx, "select 1");
  },
  "a scope": (pool) => run(pool.scope({ "app.tenant": "1" }), "select 1"),
  "a scope's stream": (pool) => readAll(pool.scope({ "app.tenant": "1" }), 300),
  "a scope's stream that is left": (pool) => readAll(pool.scope({ "app.tenant": "1" }), 300, 1),
  "a scope's batch": (pool) =>
    settledOf(pool.scope({ "app.tenant": "1" }).batch([statement("select 1"), statement("select 2")])),
  "a scope's transaction": (pool) =>
    pool.scope({ "app.tenant": "1" }).transaction((tx) => run(tx, "select 1")),
  "a replica": (pool) => run(pool.replica, "select 1"),
  "a replica's transaction": (pool) => pool.replica.transaction((tx) => run(tx, "select 1")),
};

/** The first error of a batch as its own. */
async function settledOf(batch: Promise<PromiseSettledResult<unknown>[]>): Promise<unknown[]> {
  return (await batch).map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

export function placeOf({ port }: ScriptedServer): Pick<There, "server"> {
  return { server: { host: "127.0.0.1", port, user: "u", database: "d", ssl: false } };
}

/** A pool of short times, of which a replica is the same server. */
export function open(server: ScriptedServer, options: PoolOptions = {}): Pool {
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
