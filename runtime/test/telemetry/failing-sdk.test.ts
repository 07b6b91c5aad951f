import { jest } from "@jest/globals";
import * as api from "@opentelemetry/api";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { StatementError, TimeoutError } from "../../src/errors/errors.ts";
import { createPool } from "../../src/postgres/pool.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { statement } from "../postgres/statement.ts";
import { createRecorder } from "./recorder.ts";

// What the application registers with OpenTelemetry (samplers, processors of spans, exporters) may throw, and is called within the
// calls of the database: these go on as if nobody listened.

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database?.drop());
afterEach(() => {
  jest.restoreAllMocks();
});

/** Every method of the SDK's objects, and of those that they give, fails that has this name. */
function failing<T extends object>(target: T, name: string): T {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === name) throw new Error(`${name} failed`);
        const result: unknown = value.apply(object, args);
        return typeof result === "object" && result !== null ? failing(result, name) : result;
      };
    },
  });
}

const PLACES = [
  ...["getTracer", "startSpan", "isRecording", "setAttribute", "setAttributes", "setStatus", "end"],
  ...["getMeter", "createHistogram", "createCounter", "createObservableUpDownCounter"],
  ...["addBatchObservableCallback", "addCallback", "record", "add"],
  ...["active", "setSpan", "getActiveSpan"],
];

test.each(PLACES)("calls go on where %s throws", async (name) => {
  const warned = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const { tracerProvider, meterProvider } = createRecorder();
  const { context, trace } = api;
  const telemetry = createTelemetry({
    api: { ...api, context: failing(context, name), trace: failing(trace, name) } as never,
    tracerProvider: failing(tracerProvider, name) as never,
    meterProvider: failing(meterProvider, name) as never,
    recordReturnedRows: true,
    requireParentSpan: name === "getActiveSpan",
  });
  await using pool = createPool({
    connectionString: database.url,
    max: 1,
    telemetry,
    acquireTimeout: 60_000,
  });
  const failed = (on: { execute: typeof pool.execute }) =>
    expect(on.execute("select 1 / 0")).rejects.toThrow(StatementError);
  for (let round = 0; round < 2; round++) {
    expect((await pool.query(statement("select 1"))).rows).toEqual([["1"]]);
    await failed(pool);
    const batch = [statement("select 1"), statement("select 2")];
    expect((await pool.batch(batch)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    const rows: unknown[] = [];
    for await (const row of pool.stream(statement("select generate_series(1, 3)"))) rows.push(...row);
    expect(rows).toEqual(["1", "2", "3"]);
    for await (const piece of pool.copyTo("copy (select 1) to stdout")) expect(String(piece)).toBe("1\n");
    let attempts = 0;
    const work = async (tx: { execute: typeof pool.execute }) => {
      if (++attempts % 2 === 1) await tx.execute("do $$ begin raise serialization_failure; end $$");
      return (await tx.execute("select 1")).rows;
    };
    expect(await pool.transaction(work, { retry: 1 })).toEqual([["1"]]);
    await expect(pool.transaction(failed, { retry: 1 })).rejects.toThrow("the server rolled back");
    await expect(
      pool.transaction((tx) => tx.execute("select pg_sleep(60)"), { timeout: 20 }),
    ).rejects.toThrow(TimeoutError);
    await (await pool.lock(name)).release();
    await pool.ping();
    // Of two, one waits for the only connection.
    await Promise.all([pool.execute("select 1"), pool.execute("select 2")]);
    (await pool.connect()).release();
  }
  expect(pool.stat()).toMatchObject({ acquiredConns: 0, pendingAcquires: 0, newConnsCount: 1 });
  expect(warned.mock.calls.every(([message]) => `${message}`.startsWith("OpenTelemetry failed"))).toBe(true);
});

test("a parameter that is recorded may be any that can be sent", async () => {
  const { tracerProvider, spans } = createRecorder();
  const telemetry = createTelemetry({
    tracerProvider: tracerProvider as never,
    recordParameters: ["execute.0"],
  });
  await using pool = createPool({ connectionString: database.url, telemetry });
  const circular: { self?: unknown; toPostgres: () => string } = { toPostgres: () => "x" };
  circular.self = circular;
  const bare: unknown = Object.assign(Object.create(null), { a: 1 });
  const read = async (type: string, value: unknown) =>
    (await pool.execute(`select $1::${type}`, [value])).rows[0]?.[0];
  expect([
    await read("int8[]", [1n, 2n]),
    await read("jsonb", bare),
    await read("text", circular),
    await read("text", undefined),
  ]).toEqual(["{1,2}", '{"a": 1}', "x", null]);
  expect(spans().map(({ attributes }) => attributes["db.query.parameter.0"])).toEqual(
    expect.arrayContaining(['["1","2"]', '{"a":1}', "not shown", "undefined"]),
  );
});
