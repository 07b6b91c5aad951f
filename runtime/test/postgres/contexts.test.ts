import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { jest } from "@jest/globals";
import pg from "pg";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { fromPg } from "../../src/adapters/from-pg.ts";
import { withDeadline } from "../../src/deadline.ts";
import { createHealth } from "../../src/health/health.ts";
import { createListener } from "../../src/postgres/listener.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { CopyConfig } from "../../src/statement.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

// What a caller hands in runs in that caller's context, and what is for all of them in nobody's: connections are shared, and their
// events come in the context of who had them opened, which may be another tenant's.

const ROLE = `solitude_context_${randomBytes(4).toString("hex")}`;
const who = new AsyncLocalStorage<string>();

let database: TestDatabase;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query(`
    create role ${ROLE};
    create table free (id int);
    create table guarded (id int);
    alter table guarded enable row level security;
    create policy own on guarded using (current_setting('app.tenant', true) = 'b');
    grant all on free, guarded to ${ROLE}`);
});
afterAll(async () => {
  await database?.pool.query(`drop table free, guarded; drop role ${ROLE}`);
  await database?.drop();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function open(options: PoolOptions = {}): Pool {
  const pool = createPool({
    connectionString: database.urlAs(ROLE),
    applicationName: ROLE,
    max: 1,
    acquireTimeout: 60_000,
    ...options,
  });
  ends.push(() => pool.close());
  return pool;
}

/** One whose only connection was opened for A. */
async function openedByA(options: PoolOptions = {}): Promise<Pool> {
  const pool = open(options);
  await who.run("A", () => run(pool, "select 1"));
  return pool;
}

/** Has the server end what this suite has open. */
const endSessions = (): Promise<unknown> =>
  database.pool.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [
    ROLE,
  ]);

/** Rows that say in whose context each was asked for. */
function asking(seen: unknown[]) {
  const note = (): { id: number } => {
    seen.push(who.getStore());
    return { id: 1 };
  };
  return {
    *atOnce() {
      yield note();
      yield note();
    },
    async *later() {
      yield note();
      await null;
      yield note();
    },
  };
}

const into = (table: string, rows: CopyConfig<{ id: number }>["rows"]): CopyConfig<{ id: number }> => ({
  schema: "public",
  table,
  columns: ["id"],
  rows,
  encode: ({ id }) => [String(id)],
  query: { name: "Import", command: ":copyfrom", operation: "COPY", relations: [] },
});

describe.each(["atOnce", "later"] as const)("a source of rows, %s,", (kind) => {
  test.each(["free", "guarded"])("is read in the context of who copies them: %s", async (table) => {
    const pool = await openedByA();
    const seen: unknown[] = [];
    const scope = pool.scope({ "app.tenant": "b" });
    await who.run("B", () => scope.copyRows(into(table, asking(seen)[kind]())));
    await who.run("B", () => scope.transaction((tx) => tx.copyRows(into(table, asking(seen)[kind]()))));
    expect(seen).toEqual(["B", "B", "B", "B"]);
  });

  test("is read so on a client of the application's too", async () => {
    const client = new pg.Client(database.urlAs(ROLE));
    await who.run("A", () => client.connect());
    ends.push(() => client.end());
    const seen: unknown[] = [];
    await who.run("B", () => fromPg(client).copyRows(into("free", asking(seen)[kind]())));
    expect(seen).toEqual(["B", "B"]);
  });
});

test("a subscriber is called in its own context, of those that share a listener's connection", async () => {
  const listener = createListener({ connectionString: database.url, applicationName: ROLE, backoff: 1 });
  ends.push(() => listener.close());
  const seen: unknown[] = [];
  const listen = (name: string) =>
    who.run(name, () =>
      listener.listen("news", () => seen.push(`${name} told ${who.getStore()}`), {
        onGap: () => seen.push(`${name} missed ${who.getStore()}`),
      }),
    );
  await listen("A");
  await listen("B");
  await database.pool.query("notify news");
  await until(() => seen.length === 2);
  await endSessions();
  await until(() => seen.length === 4);
  expect(seen).toEqual(["A told A", "B told B", "A missed A", "B missed B"]);
});

test("the loss of a lock is told in the context of who has it", async () => {
  const pool = await openedByA();
  const seen: unknown[] = [];
  await who.run("B", async () => {
    const lock = await pool.lock(ROLE);
    lock.signal.addEventListener("abort", () => seen.push(who.getStore()));
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    );
    await until(() => lock.signal.aborted);
    await lock.release();
  });
  expect(seen).toEqual(["B"]);
});

test("what a connection tells by itself is in nobody's context", async () => {
  const seen: unknown[] = [];
  const pool = await openedByA({
    onNotice: ({ message }) => seen.push([message, who.getStore()]),
    onBackgroundError: () => seen.push(["lost", who.getStore()]),
  });
  await who.run("B", () => pool.execute("do $$ begin raise notice 'said'; end $$"));
  await endSessions();
  await until(() => seen.length === 2);
  expect(seen).toEqual([
    ["said", undefined],
    ["lost", undefined],
  ]);
});

test("one that is opened when another could not be, is opened for who waits for it", async () => {
  const seen: unknown[] = [];
  let isAwaited = false;
  const pool = who.run("A", () =>
    open({
      minIdle: 1,
      onConnect: async () => {
        seen.push(who.getStore());
        await until(() => isAwaited);
        if (seen.length === 1) throw new Error("not this one");
      },
    }),
  );
  await until(() => seen.length === 1);
  const rows = who.run("B", () => run(pool, "select 1"));
  setImmediate(() => {
    isAwaited = true;
  });
  expect(await rows).toEqual([["1"]]);
  expect(seen).toEqual([undefined, "B"]);
});

describe("a deadline that is over", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Does it within one; when it is done, that is over. */
  async function before<T>(work: () => Promise<T>): Promise<T> {
    const hour = 3_600_000;
    const { now } = Date;
    const result = await withDeadline(now() + hour, work);
    jest.spyOn(Date, "now").mockImplementation(() => now() + 2 * hour);
    return result;
  }

  test("is nothing to the health of a server, be it first asked for within it", async () => {
    const pool = open();
    const health = await before(async () =>
      createHealth({ interval: 5, checks: [{ name: "postgres", check: (signal) => pool.ping({ signal }) }] }),
    );
    ends.push(() => health.close());
    const { last } = health.report().checks[0]!;
    await until(() => health.report().checks[0]!.last !== last);
    expect(health.report().state).toBe("ready");
    expect((await withDeadline(0, () => health.check())).state).toBe("ready");
  });

  test("is nothing to connections that are kept warm", async () => {
    const errors: unknown[] = [];
    const pool = open({
      max: 2,
      minIdle: 2,
      onConnect: async (connection) => void (await connection.execute("select 1")),
      onBackgroundError: (error) => errors.push(error),
    });
    await until(() => pool.stat().idleConns === 2);
    await before(async () => {
      await endSessions();
      pool.reset();
    });
    const { newConnsCount } = pool.stat();
    pool.reset();
    await until(() => pool.stat().idleConns === 2 && pool.stat().newConnsCount > newConnsCount);
    expect(errors.filter((error) => String(error).includes("timed out"))).toEqual([]);
  });

  test("is nothing to who gets the connection that was opened within it", async () => {
    let isOver = false;
    const pool = open({
      onConnect: async (connection) => {
        await until(() => isOver);
        await connection.execute("select 1");
      },
    });
    const late = withDeadline(Date.now() + 200, () => run(pool, "select 1")).finally(() => {
      isOver = true;
    });
    const other = run(pool, "select 2");
    await expect(late).rejects.toThrow("timed out");
    expect(await other).toEqual([["2"]]);
    expect(pool.stat().newConnsCount).toBe(1);
  });

  test("is nothing to what makes a session fit for the next", async () => {
    const pool = open({ afterRelease: async (session) => void (await session.execute("select 1")) });
    const session = await pool.connect();
    withDeadline(0, () => session.release());
    expect(await run(pool, "select 1")).toEqual([["1"]]);
    expect(pool.stat().newConnsCount).toBe(1);
  });

  test("is nothing to a replica that comes back", async () => {
    const proxy = await FaultyProxy.start(database.url);
    ends.push(() => proxy.close());
    const replica = { connectionString: `${proxy.url}?application_name=replica` };
    const pool = open({ replicas: [replica], connectTimeout: 100 });
    const where = async (): Promise<unknown> =>
      (await run(pool.replica, "select current_setting('application_name')")).flat()[0];
    proxy.stall();
    expect(await before(where)).toBe(ROLE);
    // What looks for it has begun within the deadline, and goes on.
    const { accepted } = proxy;
    await until(() => proxy.accepted > accepted + 2);
    proxy.resume();
    await until(async () => (await where()) === "replica");
  });

  test("is nothing to a subscriber that listened within it", async () => {
    const pool = open();
    const listener = createListener({ connectionString: database.url });
    ends.push(() => listener.close());
    const told: unknown[] = [];
    await before(() =>
      listener.listen("late", async () => {
        told.push(await run(pool, "select 1").catch((error: unknown) => error));
      }),
    );
    await database.pool.query("notify late");
    await until(() => told.length === 1);
    expect(told).toEqual([[["1"]]]);
  });
});
