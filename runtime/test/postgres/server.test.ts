import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serverUser, startPostgres } from "../../../stack/embedded-postgres.mjs";
import { freePort } from "../../../stack/processes/free-port.mjs";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  PoolExhaustedError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { certificate, key } from "./certificate.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

// What needs a server of its own: one that is stopped and started, and one with TLS and passwords.

let home: string;
let port: number;
let server: { stop(signal?: string): Promise<void> };
const pools: Pool[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "solitude-runtime-"));
  writeFileSync(join(home, "password"), "first");
  writeOwned("server.key", key);
  writeOwned("server.crt", certificate);
  port = await freePort();
  await start();
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close({ timeout: 100 }))));
afterAll(async () => {
  await server?.stop("SIGQUIT");
  rmSync(home, { recursive: true, force: true });
});

/** For the user that the server runs as; it refuses a key that others may read. */
function writeOwned(name: string, text: string): void {
  const { uid, gid } = serverUser();
  const folder = join(home, "tls");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined)
    for (const path of [folder, join(folder, name)]) chownSync(path, uid, gid);
}

async function start(): Promise<void> {
  server = await startPostgres({
    version: 16,
    home,
    port,
    passwordFile: join(home, "password"),
    settings: {
      fsync: "off", // The machine does not fail, only the server does.
      ssl: "on",
      ssl_cert_file: join(home, "tls/server.crt"),
      ssl_key_file: join(home, "tls/server.key"),
    },
  });
}

function open(options: PoolOptions = {}): Pool {
  const pool = createPool({
    host: "127.0.0.1",
    port,
    user: "postgres",
    database: "postgres",
    password: "first",
    max: 4,
    ...options,
  });
  pools.push(pool);
  return pool;
}

test("where channel binding is required, a server with TLS and a password is connected to, and without TLS it is not", async () => {
  const ssl = { ca: certificate };
  const bound = open({ ssl, channelBinding: "require" });
  expect(await run(bound, "select 1")).toEqual([["1"]]);
  expect(await run(open({ ssl: false, channelBinding: true }), "select 1")).toEqual([["1"]]);
  for (const [options, says] of [
    [{ ssl: false }, "channel binding is required, and the server offers SCRAM-SHA-256 alone"],
    [{ ssl, password: "other" }, "the password is not this role's"],
  ] as const) {
    const refusal = run(open({ ...options, channelBinding: "require" }), "select 1");
    await expect(refusal).rejects.toThrow(ConnectionFailedError);
    await expect(refusal).rejects.toThrow(says);
  }
});

test("a cancel request goes through TLS where the connection does, and checks the certificate", async () => {
  const proxy = await FaultyProxy.start(`postgres://127.0.0.1:${port}`);
  const pool = open({
    port: Number(new URL(proxy.url).port),
    ssl: { ca: certificate },
    cancelTimeout: 60_000,
  });
  expect(await run(pool, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toEqual([["t"]]);
  const abort = new AbortController();
  const sleeping = run(pool, "select pg_sleep(60)", [], { signal: abort.signal });
  const cancelled = expect(sleeping).rejects.toBeInstanceOf(CancelledError);
  const asleep = "select from pg_stat_activity where wait_event = 'PgSleep'";
  const observer = open();
  await until(async () => (await run(observer, asleep)).length === 1);
  abort.abort();
  await cancelled;
  expect(pool.stat().newConnsCount).toBe(1);
  const { openings } = proxy;
  const codes = openings.map((chunk) => chunk.readInt32BE(4));
  expect(codes.length).toBeGreaterThanOrEqual(2);
  expect(new Set(codes)).toEqual(new Set([80877103])); // SSLRequest
  await proxy.close();
});

test("a certificate that is not the server's is refused, once", async () => {
  const proxy = await FaultyProxy.start(`postgres://127.0.0.1:${port}`);
  const pool = open({ ssl: true, port: Number(new URL(proxy.url).port) });
  const error = await run(pool, "select 1").catch((error: unknown) => error);
  await proxy.close();
  expect(error).toBeInstanceOf(ConnectionFailedError);
  expect(proxy.openings).toHaveLength(1);
});

test("a password that is asked for and not given is no reason to try again, and is named", async () => {
  const pool = open({ password: undefined, acquireTimeout: 60_000 });
  await expect(run(pool, "select 1")).rejects.toMatchObject({
    name: "ConnectionFailedError",
    message: "Test: could not connect: the server asks for a password, and there is none",
  });
});

test.each<[string, () => string | Promise<string>, string]>([
  [
    "throws",
    () => {
      throw new Error("the vault is closed; key=secret");
    },
    "the password function failed",
  ],
  ["gives none", async () => undefined as never, "the password function gave no text"],
  ["gives something else", () => 5 as never, "the password function gave no text"],
])("a password function that %s may do better later, and is named", async (_, password, reason) => {
  const pool = open({ password, acquireTimeout: 1_000, connectTimeout: 60_000 });
  await expect(run(pool, "select 1")).rejects.toMatchObject({
    name: "ConnectionFailedError",
    message: expect.stringContaining(` within 1000 ms; at last: could not connect: ${reason}`),
  });
  // One that is cut off in the middle goes a moment later.
  await until(() => pool.stat().totalConns === 0);
});

test("why an attempt failed is said where time is over in the middle of the next", async () => {
  let asked = 0;
  const password = () =>
    asked++ === 0 ? Promise.resolve(undefined as never) : new Promise<string>(() => {});
  const pool = open({ password, acquireTimeout: 1_000, connectTimeout: 60_000 });
  await expect(run(pool, "select 1")).rejects.toThrow(
    / within 1000 ms; at last: could not connect: the password function gave no text$/,
  );
});

test("a rotated password is taken up by the next connection", async () => {
  let password = "first";
  const pool = open({ password: async () => password });
  await run(pool, "alter role postgres password 'second'");
  pool.reset();
  await expect(run(pool, "select 1")).rejects.toMatchObject({
    name: "ConnectionFailedError",
    sqlState: "28P01",
  });
  password = "second";
  await run(pool, "alter role postgres password 'first'");
});

/** With the machine busy, all connections may be waiting for the server to start. */
const PASSING = [ConnectionLostError, ConnectionFailedError, OutcomeUnknownError, PoolExhaustedError];

test.each([
  ["shut down", "SIGINT"],
  ["killed", "SIGQUIT"],
])(
  "the server is %s and started again under load: the pool recovers, and nothing that was confirmed is missing",
  async (_, signal) => {
    const pool = open({ minIdle: 2, acquireTimeout: 1_000 });
    await run(pool, "create table if not exists load (n int)");
    await run(pool, "truncate load");
    let next = 0;
    let isOver = false;
    const confirmed: number[] = [];
    const failures = new Set<unknown>();
    const worker = async (): Promise<void> => {
      while (!isOver) {
        const n = next++;
        try {
          if (n % 2 === 0) await run(pool, "insert into load values ($1)", [n]);
          else await pool.transaction((tx) => run(tx, "insert into load values ($1)", [n]));
          confirmed.push(n);
        } catch (error) {
          if (!(error instanceof DatabaseError)) throw error;
          failures.add(error.constructor);
          await delay(5);
        }
      }
    };
    const load = Promise.all(Array.from({ length: 8 }, worker));
    await until(() => confirmed.length > 50);
    await server.stop(signal);
    await until(() => failures.has(ConnectionFailedError));
    await start();
    const before = confirmed.length;
    await until(() => confirmed.length > before + 100);
    isOver = true;
    await load;
    const rows = new Set((await run(pool, "select n from load")).map(([n]) => Number(n)));
    expect(confirmed.filter((n) => !rows.has(n))).toEqual([]);
    expect([...failures].filter((f) => !PASSING.includes(f as never))).toEqual([]);
    expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0 });
  },
);
