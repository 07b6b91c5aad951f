import { jest } from "@jest/globals";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import type { SlowStatement } from "../../src/telemetry/slow-statements.ts";
import { CountedLoop } from "../event-loop.ts";

let database: TestDatabase;
let loop: CountedLoop;
let warn: jest.SpiedFunction<typeof process.emitWarning>;
const slow: SlowStatement[] = [];
const opened: Pool[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => {
  loop = new CountedLoop();
  warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(async () => {
  loop.restore();
  warn.mockRestore();
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
  slow.length = 0;
});
afterAll(() => database?.drop());
const open = (options: PoolOptions = {}): Pool => {
  const pool = createPool({
    connectionString: database.url,
    slowAfter: 200,
    onSlowStatement: (statement) => slow.push(statement),
    ...options,
  });
  opened.push(pool);
  return pool;
};
const statement = (text: string, values: unknown[] = []) => ({
  text,
  values,
  rowMode: "array" as const,
  types: { getTypeParser: () => (value: unknown) => value },
  query: { name: "GetThing", command: ":many", operation: "SELECT", relations: [] },
});

test("a statement that takes long is told of without its values", async () => {
  const pool = open();
  await pool.ping();
  const text = "select pg_sleep($1)";
  await pool.query(statement(text, ["0.4"]));
  await pool.execute("select pg_sleep(0.3), 'secret'", [], { name: "fix" });
  expect(slow).toMatchObject([
    { query: "GetThing", text, statements: 1 },
    { query: "fix", text: "select pg_sleep(?), ?" },
  ]);
  const [first] = slow;
  expect(first!.duration).toBeGreaterThanOrEqual(390);
  // The database was slow, and the process idle.
  expect(first!.busy).toBe(0);
  expect(JSON.stringify(slow)).not.toContain("0.4");
});

test("one that failed, with what it failed with", async () => {
  const failing = open().query({ ...statement("select pg_sleep(60)"), timeout: 300 });
  await expect(failing).rejects.toMatchObject({ name: "TimeoutError" });
  expect(slow).toMatchObject([{ query: "GetThing", error: { name: "TimeoutError" } }]);
});

test("one that waited for its connection says for how long", async () => {
  const pool = open({ max: 1 });
  const held = await pool.connect();
  const waiting = pool.query(statement("select 1"));
  await held.query(statement("select pg_sleep(0.5)"));
  held.release();
  await waiting;
  const waited = slow.map((one) => one.waited).sort((a, b) => a - b);
  expect(waited[0]).toBe(0);
  expect(waited[1]).toBeGreaterThan(300);
});

test("a stalled event loop is told apart", async () => {
  const pool = open();
  await pool.ping();
  const answered = pool.query(statement("select 1"));
  loop.stall(600);
  await answered;
  await pool.query(statement("select pg_sleep(0.6)"));
  expect(slow.map(({ text, busy }) => [text, busy])).toEqual([
    ["select 1", 600],
    ["select pg_sleep(0.6)", 0],
  ]);
});

test("no process was at work for longer than it took", async () => {
  const utilization = jest.spyOn(performance, "eventLoopUtilization");
  utilization.mockReturnValue({ idle: 0, active: 1e9, utilization: 1 });
  try {
    await open().query(statement("select pg_sleep(0.3)"));
  } finally {
    utilization.mockRestore();
  }
  const [{ busy, duration, waited }] = slow as [SlowStatement];
  expect(busy).toBe(duration - waited);
});

test("batches, streams and copies are told of too", async () => {
  const pool = open();
  await pool.batch([statement("select pg_sleep(0.3)"), statement("select 1")]);
  for await (const _ of pool.stream(statement("select pg_sleep(0.3)")));
  for await (const _ of pool.copyTo("copy (select pg_sleep(0.3)) to stdout", { name: "dump" }));
  expect(slow).toMatchObject([
    { query: "GetThing", statements: 2 },
    { query: "GetThing", statements: 1 },
    { query: "dump", text: "copy (select pg_sleep(?)) to stdout" },
  ]);
});

test("a hook that throws is a warning, and the statement is none the worse", async () => {
  const pool = open({
    onSlowStatement: () => {
      throw new Error("no log");
    },
  });
  await pool.query(statement("select pg_sleep(0.3)"));
  expect(warn.mock.calls[0]?.[0]).toContain("onSlowStatement failed");
});

test("where nobody is to be told, it is a warning of the process", async () => {
  await open({ onSlowStatement: undefined }).query(statement("select pg_sleep(0.3)"));
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(/^GetThing took \d+ ms, of which it waited \d+ ms for a connection/),
    { type: "SlowStatementWarning" },
  );
});

test("a threshold that is none is refused", () => {
  expect(() => open({ slowAfter: Number.NaN })).toThrow("slowAfter: NaN is not a number that is 0 or more");
});

test("COMMIT behind a last call is part of its time, and none that waited for a connection", async () => {
  const pool = open();
  await pool.ping();
  await pool.transaction(async (tx) => {
    await tx.query(statement("select 1"));
    await tx.last.query(statement("select pg_sleep(0.3)"));
  });
  expect(slow.map(({ query, text }) => [query, text])).toEqual([["GetThing", "select pg_sleep(0.3)"]]);
  expect(slow[0]!.waited).toBeLessThan(200);
});
