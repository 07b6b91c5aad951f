import { jest } from "@jest/globals";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import {
  ConnectionFailedError,
  type DatabaseError,
  PoolClosedError,
  StatementError,
  TimeoutError,
} from "../../src/errors/errors.ts";
import {
  createListener,
  type Listener,
  type ListenerOptions,
  type Notification,
} from "../../src/postgres/listener.ts";
import { FaultyProxy } from "../faulty-proxy.ts";
import { ScriptedServer } from "./scripted-server.ts";
import { until } from "./until.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());

const listeners: Listener[] = [];
const proxies: FaultyProxy[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

function open(options: ListenerOptions = {}): Listener {
  const patient = { answerTimeout: 60_000, connectTimeout: 60_000, backoff: 1, pingInterval: 0 };
  const listener = createListener({ connectionString: database.url, ...patient, ...options });
  listeners.push(listener);
  return listener;
}
async function proxied(): Promise<FaultyProxy> {
  const proxy = await FaultyProxy.start(database.url);
  proxies.push(proxy);
  return proxy;
}
const notify = (channel: string, payload: string) =>
  database.pool.query("select pg_notify($1, $2)", [channel, payload]);
/** Server processes that listen, told from others by what they were last asked. */
const sessions = async (): Promise<number[]> => {
  const { rows } = await database.pool.query(
    "select pid from pg_stat_activity where datname = current_database() and query ~ '^(un)?listen' and pid <> pg_backend_pid()",
  );
  return rows.map(({ pid }) => pid);
};

test("a name that the database's encoding does not have is refused, and is none of the other channels' concern", async () => {
  const url = new URL(database.url);
  url.pathname += "_latin1";
  const name = url.pathname.slice(1);
  await database.pool.query(`create database ${name} template template0 encoding 'LATIN1' locale 'C'`);
  try {
    let gaps = 0;
    const listener = open({ connectionString: url.href });
    const options = { onGap: () => gaps++ };
    await listener.listen("one", () => {}, options);
    const both = await Promise.allSettled([
      listener.listen("日", () => {}),
      listener.listen("é", () => {}, options),
    ]);
    expect(both).toEqual([
      { status: "rejected", reason: expect.any(StatementError) },
      { status: "fulfilled", value: expect.objectContaining({ channel: "é" }) },
    ]);
    await expect(listener.listen("日", () => {})).rejects.toMatchObject({ sqlState: "22P05" });
    expect(gaps).toBe(0);
    await listener.close();
  } finally {
    await database.pool.query(`drop database ${name} with (force)`);
  }
});

test("channels share one connection, which is opened with the first and closed with the last", async () => {
  const listener = open();
  const got: string[] = [];
  const keep = ({ channel, payload }: Notification) => got.push(`${channel}:${payload}`);
  const one = await listener.listen("one", keep);
  const both = await Promise.all([listener.listen('Two "2"', keep), listener.listen("one", keep)]);
  expect(await sessions()).toHaveLength(1);
  await notify("one", "a");
  await notify('Two "2"', "b");
  await notify("three", "c");
  await until(() => got.length === 3);
  expect(got).toEqual(["one:a", "one:a", 'Two "2":b']);

  await one.close();
  await notify("one", "d");
  await until(() => got.length === 4);
  await both[0]!.close();
  await notify('Two "2"', "e");
  await notify("one", "f");
  await until(() => got.length === 5);
  expect(got.slice(3)).toEqual(["one:d", "one:f"]);
  await both[1]![Symbol.asyncDispose]();
  await until(async () => (await sessions()).length === 0);
  await listener.listen("one", keep);
  expect(await sessions()).toHaveLength(1);
});

test("one that is asked again while it closes has one connection still", async () => {
  const proxy = await proxied();
  const listener = open({ connectionString: proxy.url });
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    const { close } = await listener.listen("one", () => {});
    await close();
  }
  await listener.listen("one", () => {});
  await until(async () => (await sessions()).length === 1);
  const { openings } = proxy;
  expect(openings.length).toBeLessThanOrEqual(rounds + 1);
});

test("it knows who notified, and what without a payload", async () => {
  const got: Notification[] = [];
  await open().listen("who", (notification) => got.push(notification));
  await database.pool.query("notify who");
  await until(() => got.length === 1);
  expect(got).toEqual([{ channel: "who", payload: "", processId: expect.any(Number) }]);
});

test("after a loss it listens again to everything, and tells of the gap", async () => {
  const listener = open({ onError: () => {} });
  const got: string[] = [];
  const gaps: string[] = [];
  for (const channel of ["a", "b"])
    await listener.listen(channel, ({ payload }) => got.push(payload), { onGap: () => gaps.push(channel) });
  for (let i = 1; i <= 3; i++) {
    await database.pool.query("select pg_terminate_backend(pid) from unnest($1::int[]) pid", [
      await sessions(),
    ]);
    await until(() => gaps.length === 2 * i);
    await notify("a", `a${i}`);
    await notify("b", `b${i}`);
    await until(() => got.length === 2 * i);
  }
  expect(gaps.sort()).toEqual(["a", "a", "a", "b", "b", "b"]);
  expect(got.sort()).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
  expect(await sessions()).toHaveLength(1);
});

test("of several servers it takes the first that can be reached", async () => {
  const { hostname, port } = new URL(database.url);
  const hosts = `127.0.0.1:${await freePort()},${hostname}:${port}`;
  const listener = open({ connectionString: database.url.replace(`${hostname}:${port}`, hosts) });
  const got: string[] = [];
  await listener.listen("several", ({ payload }) => got.push(payload));
  await notify("several", "x");
  await until(() => got.length === 1);
});

test("a server that comes later is waited for, and one that never comes for as long as it is said", async () => {
  const port = await freePort();
  const errors: DatabaseError[] = [];
  const listener = open({
    connectionString: `postgres://127.0.0.1:${port}/none`,
    onError: (error) => errors.push(error),
  });
  await expect(listener.listen("never", () => {}, { timeout: 50 })).rejects.toThrow(TimeoutError);
  expect(errors[0]).toBeInstanceOf(ConnectionFailedError);
  const pending = listener.listen("never", () => {});
  const refused = expect(pending).rejects.toThrow(PoolClosedError);
  await listener.close();
  await refused;
  await expect(listener.listen("late", () => {})).rejects.toThrow(PoolClosedError);
});

test("a connection that has gone silent is found out", async () => {
  const proxy = await proxied();
  const gaps: number[] = [];
  const errors: DatabaseError[] = [];
  const listener = open({
    connectionString: proxy.url,
    pingInterval: 10,
    answerTimeout: 100,
    onError: (error) => errors.push(error),
  });
  const got: string[] = [];
  await listener.listen("silent", ({ payload }) => got.push(payload), { onGap: () => gaps.push(1) });
  proxy.stall();
  await until(() => errors.length > 0);
  proxy.resume();
  await until(() => gaps.length > 0);
  await until(async () => {
    await notify("silent", "x");
    return got.length > 0;
  });
});

test("what the application hands in harms nobody else", async () => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const listener = open();
  const got: string[] = [];
  await listener.listen("c", () => {
    throw new Error("a listener's");
  });
  await listener.listen("c", async () => {
    throw new Error("another's");
  });
  await listener.listen("c", ({ payload }) => got.push(payload));
  await notify("c", "1");
  await until(() => got.length === 1 && warn.mock.calls.length === 2);
  const types = warn.mock.calls.map(([, options]) => (options as { type?: string }).type);
  warn.mockRestore();
  expect(types).toEqual(["CallbackWarning", "CallbackWarning"]);
});

test.each(["", "a\0b", "x".repeat(64), "é".repeat(32)])("there can be no channel %j", async (channel) => {
  await expect(open().listen(channel, () => {})).rejects.toThrow(RangeError);
});

test("what is told of notifications must be a function, for they would be lost without a word", async () => {
  await expect(open().listen("c", undefined as never)).rejects.toThrow(TypeError);
});

test.each([
  { backoff: -1 },
  { pingInterval: Number.NaN },
  { connectTimeout: "1" as never },
  { answerTimeout: 0 },
])("%j is refused", (options) => {
  expect(() => open(options)).toThrow(RangeError);
});

test("a server that refuses LISTEN is told of, and no connection to it is left open", async () => {
  const server = await ScriptedServer.start();
  server.refusal = { of: /^listen/, code: "25006" };
  const errors: DatabaseError[] = [];
  const listener = open({
    connectionString: `postgres://u@127.0.0.1:${server.port}/d`,
    onError: (error) => errors.push(error),
  });
  const refused = expect(listener.listen("c", () => {}, { timeout: 5_000 })).rejects.toThrow(TimeoutError);
  await until(() => errors.length > 10);
  expect(errors[0]).toMatchObject({ name: "StatementError", sqlState: "25006" });
  // One that is closed, and the next one.
  expect(server.connections).toBeLessThanOrEqual(3);
  server.refusal = undefined;
  await (await listener.listen("c", () => {})).close();
  await listener.close();
  await refused.catch(() => {});
  await until(() => server.connections === 0);
  await server.close();
});

test("it connects as a pool does: on without TLS where that is optional and the server has none", async () => {
  const url = new URL(database.url);
  url.searchParams.set("sslmode", "prefer");
  const got: string[] = [];
  await open({ connectionString: url.href }).listen("plain", ({ payload }) => got.push(payload));
  await notify("plain", "x");
  await until(() => got.length === 1);
});

test.each([Number.POSITIVE_INFINITY, 1e12])("a ping every %p ms is none", async (pingInterval) => {
  const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  await open({ pingInterval }).listen("c", () => {});
  const [pid] = await sessions();
  await until(async () => (await sessions()).length === 1);
  expect((await sessions())[0]).toBe(pid);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
