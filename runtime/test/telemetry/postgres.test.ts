import { context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { createDatabase, type TestDatabase } from "../../../tests/postgres/database.ts";
import { createPool, type Pool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { run } from "../postgres/run.ts";
import { until } from "../postgres/until.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

// What real statements, transactions and waits for connections report.

let database: TestDatabase;
let recorder: Recorder;
let pool: Pool;
let server: Record<string, unknown>;
beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  database = await createDatabase();
  await database.pool.query("create table accounts (id int primary key, balance int not null)");
  const url = new URL(database.url);
  server = {
    "db.system.name": "postgresql",
    "db.namespace": url.pathname.slice(1),
    "server.address": url.hostname,
    ...(url.port === "5432" ? {} : { "server.port": Number(url.port) }),
  };
});
afterAll(async () => {
  context.disable();
  await database?.drop();
});
beforeEach(async () => {
  recorder = createRecorder();
  pool = open();
  // Opens the connection, so that a test sees only what it does itself.
  (await pool.connect()).release();
  await database.pool.query("truncate accounts");
  await database.pool.query("insert into accounts values (1, 100), (2, 100)");
  recorder.reset();
});
afterEach(async () => {
  await pool.close();
  await recorder.shutdown();
});
const open = (options: PoolOptions = {}): Pool =>
  createPool({
    connectionString: database.url,
    max: 1,
    cancelTimeout: 60_000,
    telemetry: createTelemetry(recorder),
    ...options,
  });

const names = () => recorder.spans().map(({ name }) => name);
const children = (parent: ReadableSpan) =>
  recorder
    .spans()
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent.spanContext().spanId)
    .map(({ name }) => name);
const statement = (name: string, text: string, values: unknown[] = []) => ({
  text,
  values,
  rowMode: "array" as const,
  types: { getTypeParser: () => (value: unknown) => value },
  query: {
    name,
    command: ":many",
    operation: "SELECT",
    relations: ["public.accounts"],
    collection: "public.accounts",
  },
});

test("a statement", async () => {
  const text = "select id from accounts where balance > $1 and pg_sleep(0.05) is not null";
  await pool.query(statement("ListAccounts", text, ["50"]));
  const span = recorder.span("ListAccounts");
  expect(span.kind).toBe(SpanKind.CLIENT);
  expect(span.attributes).toEqual({
    ...server,
    "db.query.summary": "ListAccounts",
    "db.operation.name": "SELECT",
    "db.collection.name": "public.accounts",
    "db.query.text": text,
  });
  const [duration] = await recorder.points("db.client.operation.duration");
  const seconds = span.duration[0] + span.duration[1] / 1e9;
  expect(duration?.value.count).toBe(1);
  // Two accounts; milliseconds would be a hundred.
  for (const time of [seconds, duration!.value.sum!]) {
    expect(time).toBeGreaterThan(0.09);
    expect(time).toBeLessThan(90);
  }
  const [rows] = await recorder.points("db.client.response.returned_rows");
  expect(rows?.value).toMatchObject({ count: 1, sum: 2 });
});

test("a statement that fails", async () => {
  const failing = pool.query(statement("Insert", "insert into accounts values ($1, 1)", ["1"]));
  await expect(failing).rejects.toMatchObject({ name: "UniqueViolationError" });
  expect(recorder.span("Insert")).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { "error.type": "23505", "db.response.status_code": "23505" },
  });
  const [duration] = await recorder.points("db.client.operation.duration");
  expect(duration?.attributes).toMatchObject({ "error.type": "23505" });
});

test("a statement that is cancelled", async () => {
  const cancelled = pool.query({ ...statement("Sleep", "select pg_sleep(60)"), timeout: 50 });
  await expect(cancelled).rejects.toMatchObject({ name: "TimeoutError" });
  expect(recorder.span("Sleep").attributes).toMatchObject({ "db.response.status_code": "57014" });
});

test("one that analysis has not seen is recorded without its literals", async () => {
  await pool.execute("update accounts set balance = 12345 where id = $1", ["1"], { name: "fix" });
  expect(recorder.span("fix").attributes).toMatchObject({
    "db.operation.name": "UPDATE",
    "db.query.text": "update accounts set balance = ? where id = $1",
  });
});

test("what is no SQL is no label of a metric, however long its first word", async () => {
  for (const text of ["x".repeat(21), `${"x".repeat(10_000)} 1`])
    await expect(pool.execute(text, [], { name: "slip" })).rejects.toThrow("42601");
  await pool.execute("refresh materialized view nowhere").catch(() => {});
  const points = await recorder.points("db.client.operation.duration");
  const operations = points.map(({ attributes }) => attributes["db.operation.name"] ?? "");
  expect(operations.sort()).toEqual(["", "REFRESH"]);
});

test("a batch is one operation", async () => {
  const one = (id: string) => statement("GetAccount", "select id from accounts where id = $1", [id]);
  await pool.batch([one("1"), one("2"), one("3")]);
  expect(names()).toEqual(["BATCH GetAccount"]);
  expect(recorder.span("BATCH GetAccount").attributes).toEqual({
    ...server,
    "db.query.summary": "BATCH GetAccount",
    "db.operation.name": "BATCH SELECT",
    "db.collection.name": "public.accounts",
    "db.operation.batch.size": 3,
    "db.query.text": "select id from accounts where id = $1",
  });
  expect((await recorder.points("db.client.response.returned_rows"))[0]?.value.sum).toBe(2);
});

test("a batch in which a statement fails has failed", async () => {
  await pool.batch([statement("Fine", "select 1"), { ...statement("Fails", "select 1 / $1::int", ["0"]) }]);
  expect(recorder.span("BATCH").attributes).toMatchObject({ "error.type": "22012" });
});

test("a copy is one operation, and rows copied are not rows returned", async () => {
  const { query } = statement("ImportAccounts", "");
  await pool.copyRows({
    schema: "public",
    table: "accounts",
    columns: ["id", "balance"],
    rows: [10, 11],
    encode: (id) => [String(id), "0"],
    query: { ...query, command: ":copyfrom", operation: "INSERT" },
  });
  expect(recorder.span("ImportAccounts").attributes).toMatchObject({
    ...server,
    "db.operation.name": "COPY",
    "db.collection.name": "public.accounts",
    "db.query.text": expect.stringContaining('COPY "public"."accounts" ("id", "balance") FROM STDIN'),
  });
  expect(await recorder.points("db.client.operation.duration")).toHaveLength(1);
  expect(await recorder.points("db.client.response.returned_rows")).toEqual([]);
});

test("a stream is one operation, from the first row to the last that was wanted", async () => {
  let seen = 0;
  for await (const _ of pool.stream(statement("Series", "select generate_series(1, 5000)"))) {
    seen += 1;
    if (seen === 10) break;
  }
  expect(names()).toEqual(["Series"]);
  expect(recorder.span("Series").status.code).toBe(SpanStatusCode.UNSET);
  const [rows] = await recorder.points("db.client.response.returned_rows");
  expect(rows?.value.sum).toBeGreaterThanOrEqual(10);
});

test("a transaction that is not tried again holds its statements, and no attempt", async () => {
  await pool.transaction(async (tx) => {
    await tx.query(statement("First", "select 1"));
    await tx.query(statement("Second", "select 2"));
  });
  expect(names()).toEqual(["First", "Second", "COMMIT", "transaction"]);
  expect(children(recorder.span("transaction"))).toEqual(["First", "Second", "COMMIT"]);
  expect(recorder.span("transaction").kind).toBe(SpanKind.INTERNAL);
  expect(recorder.span("transaction").attributes).toEqual({
    ...server,
    "solitude.transaction.outcome": "committed",
  });
});

test("COMMIT with the last call is an operation of its own, in the transaction", async () => {
  await pool.transaction(async (tx) => {
    await tx.query(statement("First", "select 1"));
    await tx.last.query(statement("Second", "select 2"));
  });
  expect(children(recorder.span("transaction")).sort()).toEqual(["COMMIT", "First", "Second"]);
  expect(recorder.span("COMMIT").status.code).toBe(SpanStatusCode.UNSET);
});

test("where the last call fails there was no COMMIT", async () => {
  const refused = pool.transaction((tx) => tx.last.query(statement("First", "select 1/0")));
  await expect(refused).rejects.toThrow();
  expect(children(recorder.span("transaction"))).toEqual(["First"]);
  expect(recorder.span("First").status.code).toBe(SpanStatusCode.ERROR);
});

test("where COMMIT behind the last call is refused, the statement has succeeded", async () => {
  await pool.execute("create temporary table deferred (n int unique deferrable initially deferred)");
  recorder.reset();
  const text = "insert into deferred values (1), (1) returning n";
  const refused = pool.transaction((tx) => tx.last.query(statement("Twice", text)));
  await expect(refused).rejects.toMatchObject({ query: "commit", sqlState: "23505" });
  expect(recorder.span("Twice").status.code).toBe(SpanStatusCode.UNSET);
  expect(recorder.span("COMMIT").status.code).toBe(SpanStatusCode.ERROR);
  expect(recorder.span("transaction").attributes).toMatchObject({
    "solitude.transaction.outcome": "rolled_back",
  });
});

test("COMMIT has succeeded where the last call's values are found to be none that can be read", async () => {
  await pool.execute(
    "create function sets_style() returns date language sql as $$ select set_config('DateStyle', 'German', false); select current_date $$",
  );
  recorder.reset();
  const refused = pool.transaction((tx) => tx.last.query(statement("First", "select sets_style()")));
  await expect(refused).rejects.toThrow("DateStyle");
  expect(recorder.span("First").status.code).toBe(SpanStatusCode.ERROR);
  expect(recorder.span("COMMIT").status.code).toBe(SpanStatusCode.UNSET);
  expect(recorder.span("transaction").attributes).toMatchObject({
    "solitude.transaction.outcome": "committed",
  });
});

test("a transaction that is tried again has one child for each attempt, and succeeds", async () => {
  let attempt = 0;
  await pool.transaction(
    async (tx) => {
      attempt += 1;
      if (attempt === 1)
        await tx.execute("do $$ begin raise sqlstate '40001'; end $$", [], { name: "conflict" });
    },
    { retry: 1 },
  );
  const attempts = recorder.spans().filter(({ name }) => name === "transaction attempt");
  expect(attempts.map(({ attributes }) => attributes["solitude.transaction.attempt"])).toEqual([1, 2]);
  expect(attempts.map(({ attributes }) => attributes["error.type"])).toEqual(["40001", undefined]);
  // What was handled by trying again is no error of the whole.
  expect(recorder.span("transaction").status.code).toBe(SpanStatusCode.UNSET);
});

test("an open transaction holds its statements until it is ended", async () => {
  const tx = await pool.begin();
  await tx.query(statement("Inside", "select 1"));
  await tx.rollback();
  expect(children(recorder.span("transaction"))).toEqual(["Inside"]);
});

test("a wait for a connection", async () => {
  const held = await pool.connect();
  const waiting = run(pool, "select 1");
  await until(() => pool.stat().pendingAcquires === 1);
  const pending = await recorder.points<number>("db.client.connection.pending_requests");
  expect(pending.map(({ value }) => value)).toEqual([1]);
  held.release();
  await waiting;
  expect(recorder.span("pool.acquire").attributes).toMatchObject(server);
  expect(recorder.span("pool.acquire").status.code).toBe(SpanStatusCode.UNSET);
});

test("a wait that was in vain", async () => {
  const other = open({ acquireTimeout: 2000 });
  const held = await other.connect();
  await expect(run(other, "select 1")).rejects.toMatchObject({ name: "PoolExhaustedError" });
  held.release();
  const spans = recorder.spans().filter(({ name }) => name === "pool.acquire");
  expect(spans.at(-1)?.attributes).toMatchObject({ "error.type": "PoolExhaustedError" });
  const [timeouts] = await recorder.points<number>("db.client.connection.timeouts");
  expect(timeouts?.value).toBe(1);
  await other.close();
});

test("the pool", async () => {
  const held = await pool.connect();
  held.release();
  const name = `${server["server.address"]}:${new URL(database.url).port}/${server["db.namespace"]}`;
  const attributes = { "db.client.connection.pool.name": name };
  const gauge = async (metric: string) =>
    (await recorder.points<number>(metric)).map((point) => [point.attributes, point.value]);
  expect(await gauge("db.client.connection.count")).toEqual([
    [{ ...attributes, "db.client.connection.state": "idle" }, 1],
    [{ ...attributes, "db.client.connection.state": "used" }, 0],
  ]);
  expect(await gauge("db.client.connection.limit")).toEqual([[attributes, 1]]);
  expect(await gauge("db.client.connection.idle.max")).toEqual([[attributes, 1]]);
  expect(await gauge("db.client.connection.idle.min")).toEqual([[attributes, 0]]);
  const counts = Object.fromEntries(
    await Promise.all(
      ["create_time", "wait_time", "use_time"].map(async (kind) => {
        const [point] = await recorder.points(`db.client.connection.${kind}`);
        expect(point?.attributes).toEqual(attributes);
        return [kind, point?.value.count];
      }),
    ),
  );
  // Once before the test, and once by it.
  expect(counts).toEqual({ create_time: 1, wait_time: 2, use_time: 2 });
});

test("a replica is a pool of its own", async () => {
  const { hostname, port } = new URL(database.url);
  const other = open({
    replicas: [{ host: hostname, port: Number(port), database: "postgres", user: "postgres" }],
  });
  await other.replica.query(statement("OnReplica", "select 1"));
  expect(recorder.span("OnReplica").attributes["db.namespace"]).toBe("postgres");
  const limits = await recorder.points<number>("db.client.connection.limit");
  await other.close();
  // The suite's own, this one, and its replica.
  expect(new Set(limits.map(({ attributes }) => attributes["db.client.connection.pool.name"])).size).toBe(3);
});
