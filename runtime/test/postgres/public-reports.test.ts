import dns from "node:dns";
import { createServer, type Socket } from "node:net";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  PoolExhaustedError,
  StatementError,
} from "../../src/errors/errors.ts";
import type { Notice } from "../../src/postgres/notice.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "./run.ts";
import { statement } from "./statement.ts";
import { until, untilAsleep } from "./until.ts";

// What others' drivers and pools were reported to do, of 2025 and 2026: each is tried on ours.

let database: TestDatabase;
const pools: Pool[] = [];
const proxies: FaultyProxy[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query("create table t (n int)");
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeout: 100 })));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});
afterAll(() => database?.drop());

function open(options: PoolOptions = {}): Pool {
  const pool = createPool({ connectionString: database.url, max: 1, cancelTimeout: 60_000, ...options });
  pools.push(pool);
  return pool;
}
async function proxied(): Promise<FaultyProxy> {
  const proxy = await FaultyProxy.start(database.url);
  proxies.push(proxy);
  return proxy;
}
const terminate = (pid: unknown): Promise<unknown> =>
  database.pool.query("select pg_terminate_backend($1)", [pid]);
const copyOf = (table: string): CopyConfig<number> => ({
  schema: "public",
  table,
  columns: ["n"],
  rows: [1, 2],
  encode: (n) => [String(n)],
  query: { name: "Load", command: ":copyfrom", operation: "INSERT", relations: [] },
});

test("porsager/postgres 1195: who waits for a connection gets another when that is ended by the server", async () => {
  const pool = open({ acquireTimeout: 60_000 });
  const held = await pool.connect();
  const waiting = [pool.connect(), pool.connect()];
  await until(() => pool.stat().pendingAcquires === 2);
  await terminate(held.client.processID);
  await until(() => held.client._ending || held.client._queryable === false);
  held.release();
  for (const one of waiting) {
    await using session = await one;
    expect(await run(session, "select 1")).toEqual([["1"]]);
  }
});

test("porsager/postgres 1186: what waits its turn in a transaction settles when its connection ends", async () => {
  const pool = open();
  const work = pool.transaction(async (tx) => {
    const [[pid]] = (await run(tx, "select pg_backend_pid()")) as [[string]];
    const running = [
      run(tx, "select pg_sleep(60)"),
      run(tx, "select 1"),
      tx.batch([statement("select 2"), statement("select 3")]),
      tx.copyRows(copyOf("t")),
      tx.stream(statement("select 4")).next(),
      tx.copyTo("copy t to stdout").next(),
      tx.begin(),
    ].map((one) => (one as Promise<unknown>).catch((error: unknown) => error));
    await untilAsleep(database.pool);
    await terminate(pid);
    return Promise.all(running);
  });
  const settled = await work.catch((error) => error);
  expect(settled).toBeInstanceOf(ConnectionLostError);
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("porsager/postgres 1189, 1204, 823: no two transactions, and no other statement, share a connection", async () => {
  const notices: Notice[] = [];
  const pool = open({ max: 3, onNotice: (notice) => notices.push(notice) });
  const busy = [1, 2, 3].map(() => run(pool, "select pg_sleep(0.3)"));
  const others = Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0
      ? run(pool, "select pg_current_xact_id_if_assigned()::text")
      : pool.transaction(async (tx) => {
          await run(tx, "insert into t values (0)");
          const before = await run(tx, "select pg_current_xact_id()::text");
          await run(tx, "select pg_sleep(0.001)");
          expect(await run(tx, "select pg_current_xact_id()::text")).toEqual(before);
          return [[null]];
        }),
  );
  await Promise.all(busy);
  expect(await Promise.all(others)).toEqual(others.map(() => [[null]]));
  expect(notices).toEqual([]);
});

test("porsager/postgres 1208, 1133: a session that the server has ended fails each call, and never the process", async () => {
  const pool = open();
  const held = await pool.connect();
  await terminate(held.client.processID);
  for (let i = 0; i < 3; i++) await expect(run(held, "select 1")).rejects.toBeInstanceOf(ConnectionLostError);
  held.release();
  const idle = pool.transaction(async (tx) => {
    await tx.execute("set local idle_in_transaction_session_timeout = 50");
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await expect(idle).rejects.toMatchObject({ name: "ConnectionLostError" });
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

test("sqlx 4385, 4393: a transaction that is given up while BEGIN is on its way is not left open", async () => {
  const proxy = await proxied();
  const pool = open({ connectionString: proxy.url });
  await run(pool, "select 1");
  for (const call of [
    (signal: AbortSignal) => pool.transaction((tx) => run(tx, "insert into t values (99)"), { signal }),
    async (signal: AbortSignal) => {
      const tx = await pool.begin({ signal });
      await run(tx, "insert into t values (99)");
    },
    async (signal: AbortSignal) => {
      await using held = await pool.connect();
      await held.begin({ signal });
    },
  ]) {
    const abort = new AbortController();
    const work = call(abort.signal);
    // BEGIN may have succeeded by then; what it began is rolled back.
    const settled = work.then(
      () => undefined,
      (error: unknown) => error,
    );
    await proxy.stallAt("begin");
    abort.abort();
    proxy.resume();
    expect([undefined, CancelledError]).toContain(((await settled) as Error | undefined)?.constructor);
    await run(pool, "select 1");
    const left = "select from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    expect((await database.pool.query(left)).rowCount).toBe(0);
  }
  expect((await database.pool.query("select from t where n = 99")).rowCount).toBe(0);
});

test("pgx 2442: a statement that somebody deallocated works at the next call, and in a batch beside others", async () => {
  const pool = open({ prepare: true });
  const one = statement("select $1::text", ["1"]);
  for (const away of ["deallocate all", "discard all", "discard plans"]) {
    await pool.query(one);
    await pool.execute(away);
    expect((await pool.query(one)).rows).toEqual([["1"]]);
    expect(await pool.batch([one, one])).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
    await using held = await pool.connect();
    await held.query(one);
    // Unseen by us.
    await held.client.query("deallocate all");
    expect((await held.query(one)).rows).toEqual([["1"]]);
  }
});

test("PgBouncer 1535: what is prepared in the packet that deallocates all", async () => {
  const pool = open({ prepare: true });
  const one = statement("select $1::text", ["1"]);
  const sql = statement("deallocate all");
  const away = { ...sql, query: { ...sql.query, operation: "DEALLOCATE" } };
  for (const atomic of [false, true])
    for (const batch of [
      [away, one],
      [one, away, one],
      [one, one, away],
    ]) {
      expect((await pool.batch(batch, { atomic })).map(({ status }) => status)).toEqual(
        batch.map(() => "fulfilled"),
      );
      expect((await pool.query(one)).rows).toEqual([["1"]]);
    }
});

test("rust-postgres 1337, sqlx 3699: a COPY that is refused before it begins leaves the connection in step", async () => {
  const pool = open();
  const scope = pool.scope({ "app.tenant": "1" });
  for (const on of [pool, scope]) {
    await expect(on.copyRows(copyOf("missing"))).rejects.toBeInstanceOf(StatementError);
    for (let i = 0; i < 3; i++) expect(await run(on, `select ${i}`)).toEqual([[String(i)]]);
    await expect(
      (async () => {
        for await (const _ of on.copyTo("copy missing to stdout"));
      })(),
    ).rejects.toBeInstanceOf(StatementError);
    for (let i = 0; i < 3; i++) expect(await run(on, `select ${i}`)).toEqual([[String(i)]]);
  }
  await pool.transaction(async (tx) => {
    await expect(tx.transaction((inner) => inner.copyRows(copyOf("missing")))).rejects.toBeInstanceOf(
      StatementError,
    );
    expect(await tx.copyRows(copyOf("t"))).toBe(2);
  });
  expect(pool.stat().newConnsCount).toBe(1);
});

test("npgsql 6560: who gives up while the first of several hosts is silent is heard at once, and no other is tried", async () => {
  const silent: Socket[] = [];
  const listener = createServer((socket) => silent.push(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  const proxy = await proxied();
  const other = new URL(proxy.url);
  const pool = open({
    connectionString: undefined,
    user: other.username || "postgres",
    password: decodeURIComponent(other.password) || undefined,
    database: other.pathname.slice(1),
    hosts: [
      { host: "127.0.0.1", port },
      { host: other.hostname, port: Number(other.port) },
    ],
    connectTimeout: 60_000,
    acquireTimeout: 60_000,
  });
  const abort = new AbortController();
  const work = run(pool, "select 1", [], { signal: abort.signal }).catch((error: unknown) => error);
  await until(() => silent.length === 1);
  abort.abort();
  expect(await work).toBeInstanceOf(CancelledError);
  expect(proxy.accepted).toBe(0);
  await pool.close({ timeout: 10 });
  await until(() => silent.every(({ readyState }) => readyState !== "open") || pool.stat().totalConns === 0);
  for (const socket of silent) socket.destroy();
  await new Promise((resolve) => listener.close(resolve));
});

test("node-postgres 3721, 3197: a name that is looked up for ever takes no longer than connecting may", async () => {
  const { lookup } = dns;
  let asked = 0;
  dns.lookup = (() => {
    asked++;
  }) as unknown as typeof lookup;
  try {
    const host = "a-name-that-nobody-has.invalid";
    const pool = open({ host, connectionString: undefined, connectTimeout: 100, acquireTimeout: 300 });
    const calls = await Promise.all([1, 2].map(() => run(pool, "select 1").catch((error: unknown) => error)));
    for (const error of calls)
      expect([ConnectionFailedError, PoolExhaustedError]).toContain((error as Error).constructor);
    expect(asked).toBeGreaterThan(0);
    await until(() => pool.stat().totalConns === 0);
  } finally {
    dns.lookup = lookup;
  }
});

test("pgx 2560, 2574: a connection of a busy pool has its age too, and 0 is none", async () => {
  const pids = async (maxLifetime: number): Promise<Set<unknown>> => {
    const pool = open({ maxLifetime, maxLifetimeJitter: 0 });
    const seen = new Set<unknown>();
    const end = performance.now() + 300;
    while (performance.now() < end) seen.add((await run(pool, "select pg_backend_pid()"))[0]![0]);
    return seen;
  };
  expect((await pids(20)).size).toBeGreaterThan(1);
  expect((await pids(0)).size).toBe(1);
});

test("HikariCP 2185, vertx 981: a primary that has become a standby is not asked again", async () => {
  const pool = open({ targetSessionAttrs: "read-write", connectTimeout: 2_000, acquireTimeout: 1_000 });
  const [[pid]] = (await run(pool, "select pg_backend_pid()")) as [[string]];
  await database.pool.query(
    `alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_read_only = on`,
  );
  try {
    await using held = await pool.connect();
    await held.execute("set default_transaction_read_only = on");
    held.release();
    await expect(run(pool, "select 1")).rejects.toBeInstanceOf(ConnectionFailedError);
  } finally {
    await database.pool.query("set default_transaction_read_only = off").catch(() => {});
    const client = await database.pool.connect();
    await client.query("begin read write");
    await client.query(
      `alter database ${new URL(database.url).pathname.slice(1)} reset default_transaction_read_only`,
    );
    await client.query("commit");
    client.release();
  }
  const [[other]] = (await run(pool, "select pg_backend_pid()")) as [[string]];
  expect(other).not.toBe(pid);
});
