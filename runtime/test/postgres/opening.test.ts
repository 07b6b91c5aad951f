import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { jest } from "@jest/globals";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  ConnectionFailedError,
  DatabaseError,
  PoolClosedError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { run } from "./run.ts";
import { serverMessage } from "./scripted-server.ts";
import { statement } from "./statement.ts";
import { until, untilAsleep } from "./until.ts";

// What can happen to a connection before anyone gets it, and while nobody uses it.

let database: TestDatabase;
let proxy: FaultyProxy;
const pools: Pool[] = [];
const servers: Server[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  proxy = await FaultyProxy.start(database.url);
});
afterEach(async () => {
  proxy.resume();
  await Promise.all(pools.splice(0).map((pool) => pool.close({ timeout: 100 })));
  await proxy.close();
  for (const server of servers.splice(0)) server.close();
});

function open(options: PoolOptions = {}): Pool {
  const pool = createPool({ connectionString: proxy.url, max: 3, cancelTimeout: 300, ...options });
  pools.push(pool);
  return pool;
}

/** A server that takes connections and never says a word. */
async function silentServer(): Promise<{ readonly port: number; readonly accepted: () => number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}).resume();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, accepted: () => sockets.length };
}

test.each([
  ["the first question of the first connection", {}, "pg_backend_pid"],
  [
    "a statement of onConnect",
    {
      prepare: true,
      onConnect: async (on) => void (await on.execute("select 'hello'")),
    } satisfies PoolOptions,
    "hello",
  ],
])("%s, never answered, costs that connection and its time for connecting", async (_, options, text) => {
  const pool = open({ connectTimeout: 300, ...options });
  const stalled = proxy.stallAt(text);
  const first = run(pool, "select 1");
  await stalled;
  // The next one is tried meanwhile, and waits for none but itself.
  proxy.silence();
  expect(await run(pool, "select 2")).toEqual([["2"]]);
  expect(await first).toEqual([["1"]]);
  await until(() => pool.stat().constructingConns === 0);
});

test("an onConnect that never resolves fails within the time for connecting", async () => {
  const pool = open({ connectTimeout: 100, acquireTimeout: 300, onConnect: () => new Promise(() => {}) });
  await expect(run(pool, "select 1")).rejects.toBeInstanceOf(ConnectionFailedError);
  await until(() => pool.stat().totalConns === 0);
});

test("a call's timeout holds while it is connecting, with why that took so long", async () => {
  const { port } = await silentServer();
  const pool = open({ connectionString: `postgres://postgres@127.0.0.1:${port}/x`, connectTimeout: 60_000 });
  await expect(run(pool, "select 1", [], { timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
  const refusing = open({ connectionString: "postgres://postgres@127.0.0.1:1/x" });
  await expect(run(refusing, "select 1", [], { timeout: 100 })).rejects.toMatchObject({
    name: "TimeoutError",
    cause: { code: "ECONNREFUSED" },
  });
});

test("closing ends what is being opened, whatever the time for it", async () => {
  const { port, accepted } = await silentServer();
  const pool = open({
    connectionString: `postgres://postgres@127.0.0.1:${port}/x`,
    connectTimeout: 0,
    acquireTimeout: 60_000,
  });
  const waiting = run(pool, "select 1");
  const refused = expect(waiting).rejects.toBeInstanceOf(PoolClosedError);
  await until(() => accepted() === 1);
  await pool.close({ timeout: 50 });
  await refused;
  expect(pool.stat()).toMatchObject({ totalConns: 0, constructingConns: 0 });
});

test("one that is refused for a reason that may pass is tried again", async () => {
  // Nobody listens until later.
  const { port } = await silentServer();
  servers.pop()?.close();
  const pool = open({ connectionString: `postgres://postgres@127.0.0.1:${port}/x`, acquireTimeout: 60_000 });
  const waiting = run(pool, "select 1");
  await until(() => pool.stat().constructingConns === 0);
  const late = createServer((client) => proxy.accept(client)).listen(port, "127.0.0.1");
  servers.push(late);
  // The database has another name there.
  await expect(waiting).rejects.toMatchObject({ sqlState: "3D000" });
});

test.each([
  ["08P01", "no more connections allowed (max_client_conn)", true],
  ["08P01", "the database system is starting up", true],
  ["08P01", "client connections exceeded (max_db_client_connections)", true],
  ["08P01", "pooler is shutting down", true],
  [
    "XX000",
    "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
    true,
  ],
  ["XX000", "MaxClientsInSessionMode: max clients reached", true],
  ["XX000", "Max client connections reached", true],
  ["XX000", "(ENOTFOUND) tenant/user not found", false],
  ["08P01", "unsupported startup parameter: statement_timeout", false],
  ["53300", "sorry, too many clients already", true],
  ["08P01", "no such database: none", false],
  ["3D000", "database does not exist", false],
])("a refusal of a pooler's or the server's, %s (%s), passes: %p", async (code, said, passes) => {
  let refused = 0;
  const server = createServer((socket) => {
    if (refused === 3) {
      proxy.accept(socket);
      return;
    }
    refused++;
    const field = (type: string, text: string): Buffer => Buffer.from(`${type}${text}\0`);
    const fields = [field("S", "FATAL"), field("V", "FATAL"), field("C", code), field("M", said)];
    socket.on("error", () => {});
    socket.once("data", () => socket.end(serverMessage("E", ...fields, Buffer.alloc(1))));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(proxy.url);
  url.port = String((server.address() as { port: number }).port);
  const pool = open({ connectionString: url.href });
  const rows = run(pool, "select 1");
  if (passes) expect(await rows).toEqual([["1"]]);
  else {
    await expect(rows).rejects.toMatchObject({ name: "ConnectionFailedError", isRetryable: false });
    // A pooler's SQLSTATE is the same for everything, so that its words must be told.
    if (code !== "3D000") await expect(rows).rejects.toThrow(`could not connect: ${said} (${code})`);
  }
  expect(refused).toBe(passes ? 3 : 1);
});

test("who has one opened takes another's that is given back before; the new one is there for others", async () => {
  const held: Socket[] = [];
  let isHolding = false;
  const server = createServer((client) => {
    if (isHolding) held.push(client.on("error", () => {}));
    else proxy.accept(client);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(proxy.url);
  url.port = String((server.address() as { port: number }).port);
  const pool = open({
    connectionString: url.href,
    max: 2,
    acquireTimeout: 60_000,
    connectTimeout: 60_000,
    cancelTimeout: 60_000,
  });
  const first = await pool.connect();
  isHolding = true;
  const ended: string[] = [];
  const ends = (what: string) => () => void ended.push(what);
  const waiting = run(pool, "select 1").then(ends("who has one opened"));
  await until(() => held.length === 1);
  // No place is left for it.
  const later = run(pool, "select 2").then(ends("who came later"));
  first.release();
  await Promise.all([waiting, later]);
  expect(ended).toEqual(["who has one opened", "who came later"]);
  expect(pool.stat()).toMatchObject({ constructingConns: 1, idleConns: 1 });
  for (const client of held) proxy.accept(client);
  await until(() => pool.stat().idleConns === 2);
});

test("a server that gives fewer connections than max: nobody waits for one of those in vain", async () => {
  const role = `few_${process.pid}`;
  await database.pool.query(`create role ${role} login connection limit 2`);
  const url = new URL(proxy.url);
  url.username = role;
  // Time enough for all, and for nobody whom the others overtake again and again.
  const pool = open({ connectionString: url.href, max: 6, acquireTimeout: 5_000 });
  let isOver = false;
  const end = setTimeout(() => {
    isOver = true;
  }, 7_000);
  const calls: Promise<unknown[][]>[] = [];
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const call = run(pool, "select pg_sleep(0.001)");
      calls.push(call);
      await call.catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  clearTimeout(end);
  const failed = (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected");
  expect(failed).toEqual([]);
  await pool.close();
  await database.pool.query(`drop role ${role}`);
});

test("when one unused connection is found dead, calls need not find out about each of the others", async () => {
  const pool = open({ max: 5, pingAfter: 0, pingTimeout: 300, acquireTimeout: 60_000 });
  await Promise.all([1, 2, 3, 4, 5].map(() => run(pool, "select pg_sleep(0.05)")));
  await until(() => pool.stat().idleConns === 5);
  // All that are there go silent, without a word; new ones work.
  proxy.silence();
  const [first, second] = await Promise.all([run(pool, "select 1"), run(pool, "select 2")]);
  expect([first, second]).toEqual([[["1"]], [["2"]]]);
  // All five were dead; none was asked by a call but the two.
  await until(() => pool.stat().totalConns === pool.stat().newConnsCount - 5);
});

test("minIdle is filled again after an outage, without a call", async () => {
  const reported: unknown[] = [];
  const pool = open({ minIdle: 2, connectTimeout: 200, onBackgroundError: (error) => reported.push(error) });
  await until(() => pool.stat().idleConns === 2);
  proxy.stall();
  proxy.reset();
  await until(() => reported.some((error) => error instanceof ConnectionFailedError));
  proxy.resume();
  await until(() => pool.stat().idleConns === 2);
});

test("connections that end as soon as they are there are replaced ever more slowly", async () => {
  const pool = open({ minIdle: 2, onBackgroundError: () => {} });
  const end = setInterval(() => {
    if (pool.stat().idleConns > 0) proxy.reset();
  }, 5);
  await delay(1_000);
  clearInterval(end);
  expect(pool.stat().newConnsCount).toBeLessThan(20);
  await until(() => pool.stat().idleConns === 2);
});

test("what is still running when a connection is given back is not the next user's", async () => {
  const pool = open({ max: 1, acquireTimeout: 60_000 });
  const held = await pool.connect();
  const running = run(held, "select pg_sleep(60)").catch((error) => error);
  await untilAsleep(database.pool);
  held.release();
  expect(await running).toBeInstanceOf(DatabaseError);
  expect(await run(pool, "select 1")).toEqual([["1"]]);
  // It has been cancelled too.
  await untilAsleep(database.pool, 0);
});

test("a stream that is open when its connection is given back does not hold up the next user", async () => {
  const pool = open({ max: 1, acquireTimeout: 60_000 });
  const held = await pool.connect();
  const rows = held.stream(statement("select generate_series(1, 100000)"));
  expect((await rows.next()).done).toBe(false);
  held.release();
  expect(await run(pool, "select 1")).toEqual([["1"]]);
});

describe("several hosts", () => {
  const target = () => {
    const { hostname, port } = new URL(proxy.url);
    return { host: hostname, port: Number(port) };
  };

  test("the first that can be reached is used, by options and by URL", async () => {
    const pool = open({ hosts: [{ host: "127.0.0.1", port: 1 }, target()] });
    expect(await run(pool, "select 1")).toEqual([["1"]]);
    const url = new URL(proxy.url);
    const several = proxy.url.replace(url.host, `127.0.0.1:1,${url.host}`);
    expect(await run(open({ connectionString: several }), "select 1")).toEqual([["1"]]);
  });

  test.each(["any", "read-write", "primary", "prefer-standby"] as const)(
    "a primary is %s",
    async (wanted) => {
      expect(await run(open({ targetSessionAttrs: wanted }), "select 1")).toEqual([["1"]]);
    },
  );

  test.each(["read-only", "standby"] as const)("and it is no %s, by option or by URL", async (wanted) => {
    const pool = open({ targetSessionAttrs: wanted, acquireTimeout: 200 });
    const refused = (on: Pool) =>
      until(async () => {
        // It may not get that far in its time.
        const error = await run(on, "select 1").catch((e) => e);
        return String(error).includes(`the server is not ${wanted}`);
      });
    await refused(pool);
    const url = new URL(proxy.url);
    url.searchParams.set("target_session_attrs", wanted);
    const other = open({ connectionString: url.href, acquireTimeout: 200 });
    await refused(other);
  });
});

describe("replicas", () => {
  test("a silent one is left out, and those who meet it first have their rows in time", async () => {
    const { port, accepted } = await silentServer();
    const pool = open({
      connectTimeout: 60_000,
      replicas: [
        { connectionString: `postgres://postgres@127.0.0.1:${port}/x` },
        { connectionString: proxy.url },
      ],
    });
    const reads = () =>
      Promise.all([1, 2, 3, 4].map((n) => run(pool.replica, "select $1::int", [n], { timeout: 3000 })));
    expect(await reads()).toEqual([[["1"]], [["2"]], [["3"]], [["4"]]]);
    const before = accepted();
    expect(before).toBeGreaterThan(0);
    await reads();
    // Only what looks in the background whether it is there again.
    expect(accepted() - before).toBeLessThanOrEqual(1);
  });

  test("one that is there again takes its turn", async () => {
    const named = (url: string, name: string) => {
      const with_ = new URL(url);
      with_.searchParams.set("application_name", name);
      return { connectionString: with_.href };
    };
    const pool = open({ connectTimeout: 300, replicas: [named(proxy.url, "back")] });
    // A connection may be lost under the statement.
    const where = () =>
      run(pool.replica, "show application_name").then(
        (rows) => rows[0]?.[0],
        () => "lost",
      );
    expect(await where()).toBe("back");
    await pool.execute("select 1");
    // The primary is behind the same proxy, and keeps its connection.
    proxy.stall();
    expect(await run(pool.replica, "select 1", [], { timeout: 50 }).catch((error) => error)).toBeInstanceOf(
      TimeoutError,
    );
    proxy.resume();
    await until(async () => (await where()) === "back");
  });

  test("what the server ends in favour of recovery is done by another", async () => {
    await database.pool.query("drop function if exists conflict()");
    await database.pool.query(
      `create function conflict() returns int language plpgsql as $$
       begin
         if current_setting('application_name') = 'replica' then
           raise exception 'canceling statement due to conflict with recovery' using errcode = '40001';
         end if;
         return 1;
       end $$`,
    );
    const url = new URL(proxy.url);
    url.searchParams.set("application_name", "replica");
    const reading = open({ replicas: [{ connectionString: url.href }] });
    expect(await run(reading.replica, "select conflict()")).toEqual([["1"]]);
    const rows: unknown[] = [];
    for await (const row of reading.replica.stream(statement("select conflict()"))) rows.push(row);
    expect(rows).toEqual([["1"]]);
  });

  test("transactions only read", async () => {
    const pool = open({ replicas: [{ connectionString: proxy.url }] });
    const reading = pool.replica.transaction((tx) => run(tx, "show transaction_read_only"));
    expect(await reading).toEqual([["on"]]);
    await using tx = await pool.replica.begin();
    await expect(run(tx, "create table forbidden ()")).rejects.toMatchObject({ sqlState: "25006" });
  });
});

test("callbacks that throw are warnings, and never end the process", async () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const pool = open({
    minIdle: 1,
    leakAfter: 20,
    onBackgroundError: () => {
      throw new Error("faulty logger");
    },
    onLeak: async () => {
      throw new Error("faulty reporter");
    },
  });
  await using _ = await pool.connect();
  await until(() => pool.stat().idleConns > 0);
  proxy.reset();
  const warned = (text: string) => warn.mock.calls.some(([message]) => String(message).includes(text));
  await until(() => warned("onBackgroundError failed: Error: faulty logger"));
  await until(() => warned("onLeak failed: Error: faulty reporter"));
  warn.mockRestore();
});

test("the pool's timeout is of every call that gives none", async () => {
  const pool = open({ timeout: 50, cancelTimeout: 60_000 });
  await expect(run(pool, "select pg_sleep(60)")).rejects.toBeInstanceOf(TimeoutError);
  await expect(pool.transaction((tx) => run(tx, "select pg_sleep(60)"))).rejects.toBeInstanceOf(TimeoutError);
  await using held = await pool.connect({ timeout: 60_000 });
  await expect(run(held, "select pg_sleep(60)")).rejects.toBeInstanceOf(TimeoutError);
  const scope = pool.scope({ "app.tenant": "1" });
  await expect(scope.transaction((tx) => run(tx, "select pg_sleep(60)"))).rejects.toBeInstanceOf(
    TimeoutError,
  );
  expect(await run(pool, "select 1 from pg_sleep(0.2)", [], { timeout: Infinity })).toEqual([["1"]]);
});
