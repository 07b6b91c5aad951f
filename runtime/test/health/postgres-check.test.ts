import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startPostgres } from "../../../stack/embedded-postgres.mjs";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { createHealth, type Health } from "../../src/health/health.ts";
import { type PostgresCheckOptions, postgresCheck } from "../../src/health/postgres-check.ts";
import { createPool } from "../../src/postgres/pool.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "../postgres/run.ts";
import { until } from "../postgres/until.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

const opened: Health[] = [];
afterEach(async () => {
  for (const health of opened.splice(0)) await health.close();
});
const open = (options: PostgresCheckOptions, timeout = 60_000): Health => {
  const health = createHealth({ checks: [postgresCheck(options)], interval: 3_600_000, timeout });
  opened.push(health);
  return health;
};
/** The status of the one check, and why. */
const status = async (health: Health): Promise<string> => {
  const { last } = (await health.check()).checks[0]!;
  return last?.reason === undefined ? (last?.status ?? "unknown") : `${last.status}: ${last.reason}`;
};
const sessions = async (name: string): Promise<number[]> => {
  const { rows } = await database.pool.query(
    "select pid from pg_stat_activity where application_name = $1 and datname = current_database()",
    [name],
  );
  return rows.map(({ pid }) => pid);
};

test("a server that answers is up, on one connection that is kept and closed in the end", async () => {
  const health = open({ connectionString: database.url, applicationName: "kept" });
  expect(await status(health)).toBe("up");
  const before = await sessions("kept");
  expect(before).toHaveLength(1);
  expect(await status(health)).toBe("up");
  expect(await sessions("kept")).toEqual(before);
  await health.close();
  await until(async () => (await sessions("kept")).length === 0);
});

test("a connection that was closed between two checks is opened again", async () => {
  const health = open({ connectionString: database.url, applicationName: "ended" });
  await health.check();
  const [pid] = await sessions("ended");
  await database.pool.query("select pg_terminate_backend($1)", [pid]);
  await until(async () => (await sessions("ended")).length === 0);
  expect(await status(health)).toBe("up");
  expect(await sessions("ended")).not.toContain(pid);
});

test("one that was cut without a word is replaced within the same check", async () => {
  const proxy = await FaultyProxy.start(database.url);
  try {
    const health = open({ connectionString: proxy.url });
    await health.check();
    const states: string[] = [];
    health.on("status", ({ to }) => states.push(to));
    proxy.cutAfter(0);
    expect(await status(health)).toBe("up");
    expect(proxy.accepted).toBe(2);
    expect(states).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test("an exhausted pool does not hold it up", async () => {
  const pool = createPool({ connectionString: database.url, max: 1, acquireTimeout: 60_000 });
  const held = await pool.connect();
  const waiting = run(pool, "select 1");
  try {
    expect(pool.stat().pendingAcquires).toBe(1);
    const health = open({ connectionString: database.url });
    expect(await status(health)).toBe("up");
    expect(pool.stat().pendingAcquires).toBe(1);
  } finally {
    held.release();
    await waiting;
    await pool.close();
  }
});

test("a network that stalls is a timeout, before or after connecting, and leaves no connection behind", async () => {
  const proxy = await FaultyProxy.start(database.url);
  try {
    const health = open({ connectionString: proxy.url, applicationName: "stalled" }, 500);
    await until(async () => (await status(health)) === "up");
    proxy.stall();
    expect(await status(health)).toBe("down: timeout");
    expect(await status(health)).toBe("down: timeout");
    await until(() => proxy.connections === 0);
    proxy.resume();
    await until(async () => (await status(health)) === "up");
    await until(async () => (await sessions("stalled")).length === 1);
  } finally {
    await proxy.close();
  }
});

test("a server that is stopped is unreachable, and up when it is back", async () => {
  const home = mkdtempSync(join(tmpdir(), "solitude-health-"));
  chmodSync(home, 0o755);
  const port = await freePort();
  const start = () => startPostgres({ version: 16, home, port, settings: { fsync: "off" } });
  let server = await start();
  try {
    const health = open({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
    expect(await status(health)).toBe("up");
    await server.stop();
    expect(await status(health)).toBe("down: unreachable");
    expect(health.report().state).toBe("not ready");
    server = await start();
    expect(await status(health)).toBe("up");
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
});

test("a server that does not let us in has refused", async () => {
  const url = new URL(database.url);
  url.pathname = "no_such_database";
  expect(await status(open({ connectionString: url.href }))).toBe("down: refused");
});

test("a server that takes no writes is read-only, where writes are asked for", async () => {
  const readOnly = new URL(database.url);
  readOnly.searchParams.set("options", "-c default_transaction_read_only=on");
  expect(await status(open({ connectionString: readOnly.href }))).toBe("up");
  expect(await status(open({ connectionString: readOnly.href, writable: true }))).toBe("down: read-only");
  expect(await status(open({ connectionString: database.url, writable: true }))).toBe("up");
});

test("closing during a check leaves no connection behind", async () => {
  const proxy = await FaultyProxy.start(database.url);
  try {
    proxy.stall();
    const health = open({ connectionString: proxy.url });
    await until(() => proxy.accepted === 1);
    await health.close();
    await until(() => proxy.connections === 0);
  } finally {
    await proxy.close();
  }
});

test("checking does not keep a process running", async () => {
  const script = `
    import { createHealth, postgresCheck } from "${new URL("../../dist/index.js", import.meta.url)}";
    const health = createHealth({ checks: [postgresCheck({ connectionString: "${database.url}" })], timeout: 60_000 });
    console.log((await health.check()).state);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 120_000,
  });
  expect(stdout.trim()).toBe("ready");
});

test("closing keeps it running until it is done", async () => {
  const script = `
    import { createHealth, postgresCheck } from "${new URL("../../dist/index.js", import.meta.url)}";
    const health = createHealth({ checks: [postgresCheck({ connectionString: "${database.url}" })], timeout: 60_000 });
    await health.check();
    await health.close();
    console.log("closed");
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 120_000,
  });
  expect(stdout.trim()).toBe("closed");
});

test("a server without TLS is up where that is optional", async () => {
  const url = new URL(database.url);
  url.searchParams.set("sslmode", "prefer");
  expect(await status(open({ connectionString: url.href }))).toBe("up");
});

test.each([0, -1, Number.NaN, "1" as never])("a check's time that is %p is refused", (timeout) => {
  expect(() =>
    createHealth({ checks: [postgresCheck({ connectionString: database.url, timeout })] }),
  ).toThrow(RangeError);
});
