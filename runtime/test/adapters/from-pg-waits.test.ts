import { type AddressInfo, connect, createServer } from "node:net";
import pg from "pg";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { fromPg, type PgPool } from "../../src/adapters/from-pg.ts";
import { withDeadline } from "../../src/deadline.ts";
import {
  CancelledError,
  ConnectionFailedError,
  ConnectionLostError,
  DatabaseError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import type { DriverClient } from "../../src/postgres/driver.ts";
import type { Pool } from "../../src/postgres/pool.ts";
import type { Queryable } from "../../src/postgres/queryable.ts";
import { calls, failure, placeOf } from "../postgres/every-call.ts";
import { run } from "../postgres/run.ts";
import { ScriptedServer, type Silence } from "../postgres/scripted-server.ts";
import { until, untilAsleep } from "../postgres/until.ts";

// What is asked of an application's own pool or client waits no longer than it says, and takes nothing of what is written by hand.

describe("a server that falls silent", () => {
  const names = [
    "query",
    "batch",
    "an atomic batch",
    "a stream",
    "a stream that is left",
    "copyRows",
    "copyTo",
    "a transaction",
    "a transaction that is rolled back",
    "begin and commit",
    "a scope",
  ];

  async function tryOut(name: string, silence: Silence | undefined): Promise<number> {
    const server = await ScriptedServer.start();
    const theirs = new pg.Pool({ ...placeOf(server).server, max: 2 });
    theirs.on("error", () => {});
    const time = silence === undefined ? 60_000 : 60;
    const db = fromPg(theirs, { cancelTimeout: time });
    await run(db, "select 1");
    const before = server.steps;
    server.silence = silence && { ...silence, step: before + silence.step };
    let ending: { readonly error: unknown } | undefined;
    const call = (): Promise<unknown> => calls[name]!(db as PgPool & Pool, { ...placeOf(server), time });
    void withDeadline(Date.now() + time, call).then(
      () => {
        ending = { error: undefined };
      },
      (error: unknown) => {
        ending = { error };
      },
    );
    const where = `${name}, silent ${silence?.where} message ${silence?.step}`;
    await until(() => ending !== undefined).catch(() => {
      throw new Error(`it never settled: ${where}`);
    });
    const { error } = ending!;
    if (error !== undefined && error !== failure && !(error instanceof DatabaseError))
      throw new Error(`it failed with what is not ours: ${where}`, { cause: error });
    await until(() => theirs.idleCount === theirs.totalCount && theirs.waitingCount === 0).catch(() => {
      throw new Error(`its connection was never given back: ${where}`);
    });
    const steps = server.steps - before;
    server.silence = undefined;
    await theirs.end();
    await until(() => server.connections === 0);
    await server.close();
    return steps;
  }

  test.each(names)("ends %s", async (name) => {
    const steps = await tryOut(name, undefined);
    const silences: Silence[] = Array.from({ length: steps }, (_, step) => [
      { step, where: "before" as const },
      { step, where: "within" as const, isForAll: true },
    ]).flat();
    const worker = async (): Promise<void> => {
      for (let silence = silences.pop(); silence !== undefined; silence = silences.pop())
        await tryOut(name, silence);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  });

  test("costs the next call nothing, be it silent at the first question", async () => {
    const server = await ScriptedServer.start();
    const theirs = new pg.Pool({ ...placeOf(server).server, max: 1 });
    theirs.on("error", () => {});
    const first = await theirs.connect();
    server.silence = { step: server.steps, where: "before", isForAll: true };
    first.release();
    const db = fromPg(theirs, { cancelTimeout: 20 });
    await expect(run(db, "select 1", [], { timeout: 20 })).rejects.toThrow(TimeoutError);
    server.silence = undefined;
    expect(await run(db, "select rows 3")).toHaveLength(3);
    await theirs.end();
    await until(() => server.connections === 0);
    await server.close();
  });

  test.each(["pool", "client"])("is given up soon where nothing is said of cancelling: %s", async (what) => {
    const server = await ScriptedServer.start();
    const pool = new pg.Pool({ ...placeOf(server).server, max: 1 });
    pool.on("error", () => {});
    const client = new pg.Client(placeOf(server).server);
    client.on("error", () => {});
    if (what === "client") await client.connect();
    const db = what === "client" ? fromPg(client) : fromPg(pool);
    await run(db, "select 1");
    server.silence = { step: server.steps, where: "before", isForAll: true };
    let isSettled = false;
    const end = expect(run(db, "select 1", [], { timeout: 20 })).rejects.toThrow(TimeoutError);
    void end.finally(() => {
      isSettled = true;
    });
    await until(() => isSettled, 20_000);
    await end;
    await pool.end();
    await until(() => server.connections === 0);
    await server.close();
  });
});

describe("a client that does not connect", () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await ScriptedServer.start();
  });
  afterEach(() => server.close());

  test("is waited for as long as the call says", async () => {
    server.silence = { step: 0, where: "before" };
    const client = new pg.Client(placeOf(server).server);
    client.on("error", () => {});
    // `pg` itself says nothing of one that is ended before it has connected.
    void client.connect();
    const db = fromPg(client);
    const options = { timeout: 20 };
    await expect(run(db, "select 1", [], options)).rejects.toThrow(TimeoutError);
    await expect(db.begin(options)).rejects.toThrow(TimeoutError);
    const last = expect(run(db, "select 1")).rejects.toThrow(ConnectionLostError);
    await client.end();
    await last;
  });

  test("and when it does, what waited for it runs", async () => {
    const client = new pg.Client(placeOf(server).server);
    const connecting = client.connect();
    expect(await run(fromPg(client), "select rows 3")).toHaveLength(3);
    await connecting;
    await client.end();
  });

  test("is refused where nobody has asked it to", async () => {
    const client = new pg.Client(placeOf(server).server);
    const db = fromPg(client);
    await expect(run(db, "select 1")).rejects.toThrow(ConnectionFailedError);
    await expect(run(db, "select 1")).rejects.toThrow("call its connect() before");
    await client.connect();
    expect(await run(db, "select rows 3")).toHaveLength(3);
    await client.end();
  });

  test("is lost where it could not", async () => {
    const client = new pg.Client({ host: "127.0.0.1", port: 1 });
    await client.connect().catch(() => {});
    await expect(run(fromPg(client), "select 1")).rejects.toThrow(ConnectionLostError);
  });
});

describe("beside what is written by hand on the same client", () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database?.drop());
  beforeEach(async () => {
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(() => client.end());

  test("many calls wait, and one of them listens", async () => {
    const db = fromPg(client);
    const byHand = client.query("select pg_sleep(600)").catch((error) => error);
    const all = Array.from({ length: 50 }, (_, i) => run(db, "select $1::int", [i]));
    await untilAsleep(database.pool);
    for (const event of client.eventNames()) expect([event, client.listenerCount(event)]).toEqual([event, 1]);
    await cancelByHand();
    expect(await Promise.all(all)).toEqual(Array.from({ length: 50 }, (_, i) => [[String(i)]]));
    expect(await byHand).toMatchObject({ code: "57014" });
  });

  test("a call whose time is over while it waits cancels nothing of that", async () => {
    const db = fromPg(client);
    await run(db, "select 1");
    const byHand = client.query("select pg_sleep(600)").catch((error) => error);
    await untilAsleep(database.pool);
    await expect(run(db, "select 1", [], { timeout: 20 })).rejects.toThrow(TimeoutError);
    await cancelByHand();
    expect(await byHand).toMatchObject({ code: "57014" });
  });

  // What is written by hand is taken by the client at any time, such as between two messages of ours.
  test.each(["query", "batch", "an atomic batch", "a stream"])(
    "neither does one that stands in pg's own queue: %s",
    async (name) => {
      const db = fromPg(client);
      // What its next call first asks about.
      await run(db, "set extra_float_digits = 1");
      let byHand: Promise<unknown> | undefined;
      const ask = client.query.bind(client) as (...all: unknown[]) => Promise<unknown>;
      client.query = ((...all: unknown[]) => {
        const asked = ask(...all);
        byHand ??= ask("select pg_sleep(600)").catch((error) => error);
        return asked;
      }) as never;
      const abort = new AbortController();
      const call = calls[name]!(limited(db, abort.signal) as never, {} as never);
      await untilAsleep(database.pool);
      // Until ours stands behind it.
      await until(() => (client as unknown as DriverClient)._queryQueue.length === 1);
      abort.abort();
      await expect(call).rejects.toThrow(CancelledError);
      await cancelByHand();
      expect(await byHand).toMatchObject({ message: "canceling statement due to user request" });
      client.query = ask as never;
      expect(await run(db, "select 5")).toEqual([["5"]]);
    },
  );

  test("one that fails leaves what stands behind it alone, however long that takes", async () => {
    const db = fromPg(client, { cancelTimeout: 20 });
    await run(db, "select 1");
    const holder = await database.pool.connect();
    await holder.query("select pg_advisory_lock(1)");
    const failing = expect(
      run(db, "select pg_advisory_xact_lock(1), 1 / (random() * 0)::int"),
    ).rejects.toThrow("by zero");
    await until(() => (client as unknown as DriverClient)._activeQuery !== null);
    const byHand = client.query("select pg_sleep(0.3), 7 as n");
    await holder.query("select pg_advisory_unlock(1)");
    holder.release();
    await failing;
    expect((await byHand).rows).toMatchObject([{ n: 7 }]);
  });

  test("a request to cancel that is late hits nothing that stands behind what it was for", async () => {
    let isHeld = true;
    const slow = createServer((from) => {
      const { hostname, port } = new URL(database.url);
      const to = connect(Number(port), hostname);
      for (const socket of [from, to]) socket.on("error", () => {});
      from.once("data", async (first) => {
        if (first.length === 16 && first.readInt32BE(4) === 80_877_102) await until(() => !isHeld);
        to.write(first);
        from.pipe(to).pipe(from);
      });
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const url = new URL(database.url);
    url.host = `127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const far = new pg.Client({ connectionString: url.href });
    await far.connect();
    const db = fromPg(far, { cancelTimeout: 60_000 });
    await run(db, "select 1");
    const abort = new AbortController();
    const ours = run(db, "select pg_sleep(0.3)", [], { signal: abort.signal }).catch((error) => error);
    await untilAsleep(database.pool);
    const byHand = far.query("select pg_sleep(0.4), 7 as n");
    abort.abort();
    // Until the server is done with it, and may have begun the next.
    await until(
      async () =>
        (
          await database.pool.query(
            "select from pg_stat_activity where query ~ 'sleep.0.3' and state = 'active' and pid <> pg_backend_pid()",
          )
        ).rows.length === 0,
    );
    isHeld = false;
    const ends = await Promise.allSettled([byHand, ours]);
    await far.end();
    await new Promise((resolve) => slow.close(resolve));
    expect(ends).toMatchObject([{ status: "fulfilled", value: { rows: [{ n: 7 }] } }, { value: [[""]] }]);
  });

  async function cancelByHand(): Promise<void> {
    expect((await database.pool.query(SLEEPING)).rows).toEqual([{ n: 1 }]);
    const { processID } = client as unknown as DriverClient;
    await database.pool.query("select pg_cancel_backend($1)", [processID]);
  }
});

/** The same calls, each with a signal. */
function limited(on: Queryable, signal: AbortSignal): Partial<Queryable> {
  return {
    query: (config) => on.query({ ...config, signal }),
    batch: (configs, options) => on.batch(configs, { ...options, signal }),
    stream: (config) => on.stream({ ...config, signal }),
  };
}

const SLEEPING =
  "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
