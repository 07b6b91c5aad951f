import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverUser, startPostgres } from "../../../stack/embedded-postgres.mjs";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { withDeadline } from "../../src/deadline.ts";
import { createHealth } from "../../src/health/health.ts";
import { type PostgresCheckOptions, postgresCheck } from "../../src/health/postgres-check.ts";
import { createListener } from "../../src/postgres/listener.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

// A primary and a standby that follows it.

let home: string;
const ports = { primary: 0, standby: 0 };
const servers: { stop(signal?: string): Promise<void> }[] = [];
const pools: Pool[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "solitude-replica-"));
  const { uid, gid } = serverUser();
  const own = (path: string): void => {
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  };
  own(home);
  for (const name of ["primary", "standby"] as const) {
    ports[name] = await freePort();
    mkdirSync(join(home, name));
    own(join(home, name));
  }
  const settings = { fsync: "off", hot_standby: "on", wal_level: "replica" };
  const start = (name: "primary" | "standby", more = {}) =>
    startPostgres({
      version: 16,
      home: join(home, name),
      port: ports[name],
      settings: { ...settings, ...more },
    });
  const first = await start("primary");
  await first.stop();
  cpSync(join(home, "primary"), join(home, "standby"), { recursive: true, preserveTimestamps: true });
  writeFileSync(join(home, "standby/data/standby.signal"), "");
  ownAll(join(home, "standby"), own);
  servers.push(await start("primary"));
  const primary_conninfo = `host=127.0.0.1 port=${ports.primary} user=postgres`;
  servers.push(await start("standby", { primary_conninfo }));
});
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close({ timeout: 100 }))));
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop("SIGQUIT")));
  rmSync(home, { recursive: true, force: true });
});

function ownAll(folder: string, own: (path: string) => void): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) own(join(folder, path));
}

const url = (name: "primary" | "standby") => `postgres://postgres@127.0.0.1:${ports[name]}/postgres`;
function open(options: PoolOptions = {}): Pool {
  const pool = createPool({ connectionString: url("primary"), ...options });
  pools.push(pool);
  return pool;
}
const isStandby = async (on: Queryable) => (await run(on, "select pg_is_in_recovery()"))[0]?.[0] === "t";
const hosts = (...names: ("primary" | "standby")[]) =>
  names.map((name) => ({ host: "127.0.0.1", port: ports[name] }));

test("of several hosts, the one of the wanted kind is taken", async () => {
  const order = hosts("standby", "primary");
  expect(await isStandby(open({ hosts: order, targetSessionAttrs: "read-write" }))).toBe(false);
  expect(await isStandby(open({ hosts: order, targetSessionAttrs: "primary" }))).toBe(false);
  expect(await isStandby(open({ hosts: order }))).toBe(true);
  const other = hosts("primary", "standby");
  for (const wanted of ["standby", "prefer-standby", "read-only"] as const)
    expect(await isStandby(open({ hosts: other, targetSessionAttrs: wanted }))).toBe(true);
});

test("a connection whose server is no longer what was asked for is not lent again", async () => {
  const pool = open({ targetSessionAttrs: "read-write", max: 1 });
  // As a server says it that takes no writes any more.
  await run(pool, "set default_transaction_read_only = on");
  expect(await run(pool, "show default_transaction_read_only")).toEqual([["off"]]);
  expect(pool.stat().newConnsCount).toBe(2);
  const any = open({ max: 1 });
  await run(any, "set default_transaction_read_only = on");
  expect(await run(any, "show default_transaction_read_only")).toEqual([["on"]]);
});

test("a replica is where it says, whatever hosts and kind of session the pool has", async () => {
  const asPool = { hosts: hosts("standby", "primary"), targetSessionAttrs: "read-write" } as const;
  for (const replica of [{ connectionString: url("standby") }, { host: "127.0.0.1", port: ports.standby }]) {
    const pool = open({
      connectionString: undefined,
      user: "postgres",
      database: "postgres",
      ...asPool,
      replicas: [replica],
    });
    expect([await isStandby(pool), await isStandby(pool.replica)]).toEqual([false, true]);
  }
});

test("of several hosts, a listener takes one that takes LISTEN", async () => {
  const listener = createListener({
    hosts: hosts("standby", "primary"),
    user: "postgres",
    database: "postgres",
  });
  const got: string[] = [];
  await listener.listen("c", ({ payload }) => got.push(payload));
  await open().execute("select pg_notify('c', 'x')");
  await until(() => got.length === 1);
  await listener.close();
});

test("a health check asks the first host that is of the wanted kind, as a pool does", async () => {
  const several = { hosts: hosts("standby", "primary"), user: "postgres", database: "postgres" };
  const check = (more: PostgresCheckOptions) => postgresCheck({ ...several, ...more });
  const checks = [
    check({ name: "any", writable: true }),
    check({ name: "primary", writable: true, targetSessionAttrs: "read-write" }),
    check({
      name: "first is down",
      hosts: [{ host: "127.0.0.1", port: await freePort() }, ...several.hosts],
    }),
  ];
  const health = createHealth({ checks, interval: 3_600_000, timeout: 60_000 });
  const { checks: seen } = await health.check();
  expect(seen.map(({ name, last }) => [name, last?.reason ?? last?.status])).toEqual([
    ["any", "read-only"],
    ["primary", "up"],
    ["first is down", "up"],
  ]);
  await health.close();
});

test("reads go to the standby, while it is known not to be too old", async () => {
  const pool = open({ replicas: [{ connectionString: url("standby") }], maxReplicaLag: 1_000 });
  await until(() => isStandby(pool.replica));
  const standby = open({ connectionString: url("standby") });
  await run(standby, "select pg_wal_replay_pause()");
  await run(pool, "create table if not exists news (n int)");
  // It does not have this, and in a while it is known not to.
  await until(async () => !(await isStandby(pool.replica)));
  await run(standby, "select pg_wal_replay_resume()");
  await until(() => isStandby(pool.replica));
});

test("how old the standby is, is known in a pool that was made within a deadline", async () => {
  const pool = withDeadline(Date.now() + 1, () =>
    open({ replicas: [{ connectionString: url("standby") }], maxReplicaLag: 1_000 }),
  );
  const since = Date.now();
  await until(() => Date.now() > since + 1);
  await until(() => isStandby(pool.replica));
});

test("a transaction reads on the standby", async () => {
  const pool = open({ replicas: [{ connectionString: url("standby") }] });
  expect(await pool.replica.transaction((tx) => isStandby(tx))).toBe(true);
});

test.each(["alone", "in a scope"])(
  "a read whose standby is lost is done by the primary: %s",
  async (where) => {
    const pool = open({ replicas: [{ connectionString: url("standby") }] });
    const on = where === "alone" ? pool.replica : pool.scope({ "app.x": "7" }).replica;
    const reading = run(on, "select pg_is_in_recovery(), current_setting('app.x', true), pg_sleep(2)");
    const standby = open({ connectionString: url("standby") });
    const sleepers = () =>
      run(
        standby,
        "select pid from pg_stat_activity where wait_event = 'PgSleep' and pid <> pg_backend_pid()",
      );
    await until(async () => (await sleepers()).length === 1);
    await run(standby, "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'");
    const [row] = await reading;
    expect([row?.[0], row?.[1] ?? ""]).toEqual(["f", where === "alone" ? "" : "7"]);
  },
);

test("a standby that was promoted is no standby, for who asked for one", async () => {
  const pool = open({ hosts: hosts("standby"), targetSessionAttrs: "standby", max: 1, acquireTimeout: 300 });
  expect(await isStandby(pool)).toBe(true);
  await run(open({ connectionString: url("standby") }), "select pg_promote()");
  // It says so with its next answer.
  await until(async () => {
    const failure = await isStandby(pool).catch((error: Error) => error);
    return failure instanceof Error && failure.message.includes("the server is not standby");
  });
});
