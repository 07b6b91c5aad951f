import { context, metrics, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { SamplingDecision } from "@opentelemetry/sdk-trace-base";
import type { QueryInfo } from "../../src/statement.ts";
import { createTelemetry, type TelemetryOptions } from "../../src/telemetry/create-telemetry.ts";
import { nothing, type ReportedServer } from "../../src/telemetry/telemetry.ts";
import { createRecorder } from "./recorder.ts";

const getAgent: QueryInfo = {
  name: "GetAgent",
  command: ":one",
  operation: "SELECT",
  relations: ["public.agents"],
  collection: "public.agents",
  parameters: ["workspace_id", "slug"],
};
const listJobs: QueryInfo = {
  name: "ListJobs",
  command: ":many",
  operation: "SELECT",
  relations: ["public.jobs", "public.agents"],
};
const text = "select * from agents where workspace_id = $1 and slug = $2";

const recorder = createRecorder();
const options: TelemetryOptions = {
  tracerProvider: recorder.tracerProvider,
  meterProvider: recorder.meterProvider,
};
const server: ReportedServer = {
  system: "postgresql",
  host: "db.example.com",
  port: 6432,
  namespace: "solitude",
};
const open = (more: TelemetryOptions = {}) => createTelemetry({ ...options, ...more }).at(server);
const database = {
  "db.system.name": "postgresql",
  "db.namespace": "solitude",
  "server.address": "db.example.com",
  "server.port": 6432,
};

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
beforeEach(() => recorder.reset());
afterAll(async () => {
  context.disable();
  await recorder.shutdown();
});

/** An error as `pg` gives it. */
const serverError = (code: string, message = "secret value") =>
  Object.assign(new Error(message), { code, severity: "ERROR" });

describe("a statement", () => {
  test("is a span named after the query, with everything that analysis knows", () => {
    open().query(getAgent, text, ["w", "s"]).end({ rows: 1 });
    const span = recorder.span("GetAgent");
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.attributes).toEqual({
      ...database,
      "db.query.summary": "GetAgent",
      "db.operation.name": "SELECT",
      "db.collection.name": "public.agents",
      "db.query.text": text,
    });
    expect(span.instrumentationScope.name).toBe("@solitude/runtime");
  });

  test("has all of its attributes when it starts, for samplers", () => {
    let offered: unknown;
    const sampling = createRecorder({
      shouldSample: (_context, _trace, _name, _kind, attributes) => {
        offered = { ...attributes };
        return { decision: SamplingDecision.RECORD_AND_SAMPLED, attributes: { "sampler.own": 1 } };
      },
    });
    const telemetry = open({ tracerProvider: sampling.tracerProvider });
    telemetry.query(getAgent, text, []).end();
    telemetry.query(getAgent, text, []).end();
    // A sampler's own attributes must not stay for the next call.
    expect(offered).toMatchObject({ ...database, "db.query.summary": "GetAgent", "db.query.text": text });
    expect(offered).not.toHaveProperty(["sampler.own"]);
    expect(sampling.spans()[1]?.attributes).toMatchObject({ "sampler.own": 1 });
  });

  test("on more than one relation has no collection; the default port and what is unknown are left out", () => {
    createTelemetry(options)
      .at({ ...server, port: 5432, namespace: undefined })
      .query(listJobs, "select 1", [])
      .end();
    expect(recorder.span("ListJobs").attributes).toEqual({
      "db.system.name": "postgresql",
      "server.address": "db.example.com",
      "db.query.summary": "ListJobs",
      "db.operation.name": "SELECT",
      "db.query.text": "select 1",
    });
  });

  test.each([
    [{ ...getAgent, name: "" }, "SELECT public.agents"],
    [{ ...listJobs, name: "" }, "SELECT solitude"],
    [{ ...listJobs, name: "", operation: "" }, "solitude"],
    [{ ...getAgent, name: "x".repeat(300) }, "x".repeat(255)],
  ])("without a name, or with a long one, is called by the conventions: %#", (info, name) => {
    open().query(info, "select 1", []).end();
    expect(recorder.span(name)).toBeDefined();
  });

  test("is described again when the same description comes with another text", () => {
    const telemetry = open();
    telemetry.query(getAgent, "select 1", []).end();
    telemetry.query(getAgent, "select 2", []).end();
    expect(recorder.spans().map((span) => span.attributes["db.query.text"])).toEqual([
      "select 1",
      "select 2",
    ]);
  });

  test("ends once", async () => {
    const own = createRecorder();
    const operation = open({ ...own }).query(getAgent, text, []);
    operation.end();
    operation.end({ error: new Error("late") });
    expect(own.spans()).toHaveLength(1);
    expect((await own.points("db.client.operation.duration"))[0]?.value.count).toBe(1);
  });

  test("carries its text and row count only as asked", () => {
    open({ recordQueryText: false, recordReturnedRows: true }).query(getAgent, text, []).end({ rows: 3 });
    const { attributes } = recorder.span("GetAgent");
    expect(attributes["db.response.returned_rows"]).toBe(3);
    expect(attributes).not.toHaveProperty(["db.query.text"]);
  });
});

describe("parameters", () => {
  const values = ["workspace-1", { nested: "x" }];
  const recorded = (recordParameters: string[], info = getAgent) => {
    recorder.reset();
    open({ recordParameters }).query(info, text, values).end();
    return Object.fromEntries(
      Object.entries(recorder.spans()[0]!.attributes).filter(([key]) => key.startsWith("db.query.parameter")),
    );
  };

  test("are recorded only by name", () => {
    expect(recorded([])).toEqual({});
    expect(recorded(["other", "ListJobs.slug", "ListJobs.0"])).toEqual({});
    expect(recorded(["workspace_id"])).toEqual({ "db.query.parameter.workspace_id": "workspace-1" });
    expect(recorded(["workspaceId"])).toEqual({ "db.query.parameter.workspace_id": "workspace-1" });
    expect(recorded(["GetAgent.slug"])).toEqual({ "db.query.parameter.slug": '{"nested":"x"}' });
    const unnamed = { ...listJobs, name: "execute" };
    expect(recorded(["execute.0", "execute.9", "other.1"], unnamed)).toEqual({
      "db.query.parameter.0": "workspace-1",
    });
  });

  test("are never recorded of a batch", () => {
    const telemetry = open({ recordParameters: ["workspaceId"] });
    telemetry.batch([getAgent], [text]).end();
    telemetry.batch([getAgent, getAgent], [text, text]).end();
    for (const { attributes } of recorder.spans())
      expect(Object.keys(attributes).filter((key) => key.startsWith("db.query.parameter"))).toEqual([]);
  });
});

describe("a failure", () => {
  test("has the SQLSTATE as type and status code, and no message", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own });
    telemetry.query(getAgent, text, []).end({ error: serverError("23505") });
    const span = own.span("GetAgent");
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span.events).toEqual([]);
    expect(span.attributes).toMatchObject({ "error.type": "23505", "db.response.status_code": "23505" });
    expect(JSON.stringify(span.attributes)).not.toContain("secret value");
    const [point] = await own.points("db.client.operation.duration");
    expect(point?.attributes).toMatchObject({ "error.type": "23505", "db.response.status_code": "23505" });
    expect(await own.points("db.client.response.returned_rows")).toEqual([]);
  });

  test("of an acquire, a transaction or an attempt marks that span too", () => {
    const telemetry = open();
    telemetry.acquire().end({ error: Object.assign(new Error(), { name: "PoolExhaustedError" }) });
    telemetry.transaction().end({ error: serverError("40001") });
    expect(recorder.span("pool.acquire")).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "PoolExhaustedError" },
    });
    expect(recorder.span("transaction").attributes["error.type"]).toBe("40001");
  });
});

describe("a batch", () => {
  const batch = (infos: QueryInfo[], texts: string[]) => {
    open().batch(infos, texts).end();
    return recorder.spans().at(-1)!;
  };

  test("of the same statement keeps what they share", () => {
    const span = batch([getAgent, getAgent], [text, text]);
    expect(span.name).toBe("BATCH GetAgent");
    expect(span.attributes).toEqual({
      ...database,
      "db.query.summary": "BATCH GetAgent",
      "db.operation.name": "BATCH SELECT",
      "db.collection.name": "public.agents",
      "db.operation.batch.size": 2,
      "db.query.text": text,
    });
  });

  test("of different ones joins their texts", () => {
    const span = batch([getAgent, listJobs, { ...listJobs, operation: "INSERT" }], ["a", "b", "c"]);
    expect(span.name).toBe("BATCH");
    expect(span.attributes).toEqual({
      ...database,
      "db.query.summary": "BATCH",
      "db.operation.name": "BATCH",
      "db.operation.batch.size": 3,
      "db.query.text": "a; b; c",
    });
  });

  test("of one is that statement", () => {
    const span = batch([getAgent], [text]);
    expect(span.name).toBe("GetAgent");
    expect(span.attributes).not.toHaveProperty(["db.operation.batch.size"]);
  });

  test("of none is nothing", () => {
    expect(open().batch([], [])).toBe(nothing);
  });

  test("of a thousand long ones is cut", () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `select ${i}, '${"x".repeat(1000)}'`);
    const span = batch(Array(1000).fill(listJobs), texts);
    expect(String(span.attributes["db.query.text"]).length).toBe(16_384);
  });
});

test("a copy is named after its query and is a COPY", () => {
  open()
    .copy({ ...getAgent, name: "ImportAgents" }, "copy agents from stdin")
    .end();
  expect(recorder.span("ImportAgents").attributes).toMatchObject({
    "db.operation.name": "COPY",
    "db.collection.name": "public.agents",
    "db.query.text": "copy agents from stdin",
  });
});

describe("a document operation", () => {
  const own = createRecorder();
  const telemetry = createTelemetry({ ...options, ...own }).at({ ...server, system: "mongodb", port: 27017 });

  test("has its collection on the span and not in metrics", async () => {
    telemetry.documents("find", "find job_documents", "ws1/job1").end({ rows: 12 });
    const known = {
      "db.system.name": "mongodb",
      "db.namespace": "solitude",
      "server.address": "db.example.com",
      "db.operation.name": "find",
      "db.query.summary": "find job_documents",
    };
    expect(own.span("find job_documents").attributes).toEqual({ ...known, "db.collection.name": "ws1/job1" });
    const [point] = await own.points("db.client.operation.duration");
    expect(point?.attributes).toEqual(known);
    expect((await own.points("db.client.response.returned_rows"))[0]?.value.sum).toBe(12);
  });

  test("has the numeric code as its status code, but not an abort's", () => {
    own.reset();
    const duplicate = Object.assign(new Error("E11000 dup key: { secret }"), {
      name: "MongoServerError",
      code: 11000,
    });
    const wrapped = Object.assign(new Error("exists", { cause: duplicate }), { name: "DuplicateKeyError" });
    telemetry.documents("insert", "insert job_documents", "a/b").end({ error: wrapped });
    expect(own.spans()[0]?.attributes).toMatchObject({
      "error.type": "11000",
      "db.response.status_code": "11000",
    });
    telemetry.documents("find", "find", "a/b").end({ error: new DOMException("stop", "AbortError") });
    expect(own.spans()[1]?.attributes).toMatchObject({ "error.type": "AbortError" });
    expect(own.spans()[1]?.attributes).not.toHaveProperty(["db.response.status_code"]);
  });

  test("tells the size of a batch of two or more", () => {
    own.reset();
    telemetry.documents("insert", "insert", "a/b", 1).end();
    telemetry.documents("insert", "insert", "a/b", 2).end();
    expect(own.spans().map((span) => span.attributes["db.operation.batch.size"])).toEqual([undefined, 2]);
  });
});

describe("nesting", () => {
  test("a transaction holds its attempts, an attempt its statements", () => {
    const telemetry = open();
    const transaction = telemetry.transaction();
    transaction.within(() => {
      const attempt = telemetry.attempt(2);
      attempt.within(() => telemetry.query(getAgent, text, []).end());
      attempt.end();
    });
    transaction.end();
    const parent = (name: string) => recorder.span(name).parentSpanContext?.spanId;
    expect(parent("GetAgent")).toBe(recorder.span("transaction attempt").spanContext().spanId);
    expect(parent("transaction attempt")).toBe(recorder.span("transaction").spanContext().spanId);
    expect(parent("transaction")).toBeUndefined();
    expect(recorder.span("transaction attempt").attributes["solitude.transaction.attempt"]).toBe(2);
    expect(recorder.span("transaction").kind).toBe(SpanKind.INTERNAL);
  });

  test("goes on over what was awaited, and gives back what the work gives", async () => {
    const telemetry = open();
    const outer = telemetry.query(listJobs, text, []);
    const answer = await outer.within(async () => {
      await new Promise(setImmediate);
      telemetry.query(getAgent, text, []).end();
      return 42;
    });
    outer.end();
    expect(answer).toBe(42);
    expect(recorder.span("GetAgent").parentSpanContext?.spanId).toBe(
      recorder.span("ListJobs").spanContext().spanId,
    );
  });

  test("spans without a parent are left out on request, their metrics are not", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own, requireParentSpan: true });
    telemetry.query(getAgent, text, []).end();
    expect(telemetry.acquire()).toBe(nothing);
    expect(own.spans()).toEqual([]);
    expect(await own.points("db.client.operation.duration")).toHaveLength(1);
    own.tracerProvider.getTracer("app").startActiveSpan("request", (span) => {
      telemetry.query(getAgent, text, []).end();
      span.end();
    });
    expect(own.spans().map((span) => span.name)).toEqual(["GetAgent", "request"]);
  });

  test("a trace that was not sampled stays so", async () => {
    const own = createRecorder({ shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }) });
    const telemetry = open({ ...own });
    const transaction = telemetry.transaction();
    transaction.within(() => {
      expect(trace.getActiveSpan()?.spanContext().traceFlags).toBe(0);
      telemetry.query(getAgent, text, []).end({ rows: 1 });
    });
    transaction.end({ error: new Error("x") });
    expect(own.spans()).toEqual([]);
    expect(await own.points("db.client.operation.duration")).toHaveLength(1);
  });
});

describe("metrics", () => {
  test("have the names, units, bounds and attributes of the conventions", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own });
    telemetry.query(getAgent, text, []).end({ rows: 7 });
    telemetry.connectionCreated(0.002);
    telemetry.connectionWaited(0.02);
    telemetry.connectionUsed(0.2);
    telemetry.connectionTimedOut();
    telemetry.observePool(() => ({ idle: 1, used: 2, pending: 3, limit: 10, idleMin: 1 }));
    const pool = { "db.client.connection.pool.name": "db.example.com:6432/solitude" };
    const statement = {
      ...database,
      "db.query.summary": "GetAgent",
      "db.operation.name": "SELECT",
      "db.collection.name": "public.agents",
    };
    expect(await own.metrics()).toEqual({
      "db.client.operation.duration": { unit: "s", attributes: [statement] },
      "db.client.response.returned_rows": {
        unit: "{row}",
        attributes: [
          { "db.system.name": "postgresql", "db.namespace": "solitude", "db.query.summary": "GetAgent" },
        ],
      },
      "db.client.connection.create_time": { unit: "s", attributes: [pool] },
      "db.client.connection.wait_time": { unit: "s", attributes: [pool] },
      "db.client.connection.use_time": { unit: "s", attributes: [pool] },
      "db.client.connection.timeouts": { unit: "{timeout}", attributes: [pool] },
      "db.client.connection.count": {
        unit: "{connection}",
        attributes: [
          { ...pool, "db.client.connection.state": "idle" },
          { ...pool, "db.client.connection.state": "used" },
        ],
      },
      "db.client.connection.idle.max": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.idle.min": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.limit": { unit: "{connection}", attributes: [pool] },
      "db.client.connection.pending_requests": { unit: "{request}", attributes: [pool] },
    });
    const [duration] = await own.points("db.client.operation.duration");
    expect(duration?.value.buckets.boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    const [rows] = await own.points("db.client.response.returned_rows");
    expect(rows?.value.buckets.boundaries).toEqual([
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000,
    ]);
    expect(rows?.value.sum).toBe(7);
    const values = async (name: string) => (await own.points<number>(name)).map(({ value }) => value);
    expect(await values("db.client.connection.count")).toEqual([1, 2]);
    expect(await values("db.client.connection.pending_requests")).toEqual([3]);
    expect(await values("db.client.connection.limit")).toEqual([10]);
    expect(await values("db.client.connection.timeouts")).toEqual([1]);
  });

  test("count rows of what returns some, not of what throws them away", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own, recordReturnedRows: true });
    const executing = { ...getAgent, name: "DeleteAgent", command: ":execrows" };
    telemetry.query(executing, text, []).end({ rows: 0 });
    telemetry.batch([executing, { ...executing }], [text, text]).end({ rows: 0 });
    expect(await own.points("db.client.response.returned_rows")).toEqual([]);
    telemetry.query({ ...executing, isAdHoc: true }, text, []).end({ rows: 3 });
    telemetry.batch([getAgent, getAgent], [text, text]).end({ rows: 4 });
    const points = await own.points("db.client.response.returned_rows");
    expect(points.map(({ attributes, value }) => [attributes["db.query.summary"], value.sum])).toEqual([
      ["DeleteAgent", 3],
      ["BATCH GetAgent", 4],
    ]);
  });

  test("of a pool end when it is no longer observed", async () => {
    const own = createRecorder();
    const telemetry = open({ ...own, poolName: "replica" });
    let read = 0;
    const stop = telemetry.observePool(() => {
      read += 1;
      return { idle: read, used: 0, pending: 0, limit: 10, idleMin: 0, idleMax: 4 };
    });
    expect((await own.points("db.client.connection.idle.max"))[0]).toMatchObject({
      value: 4,
      attributes: { "db.client.connection.pool.name": "replica db.example.com:6432/solitude" },
    });
    const before = read;
    stop();
    await own.points("db.client.connection.idle.max");
    expect(read).toBe(before);
  });
});

describe("the SDK", () => {
  afterEach(() => {
    trace.disable();
    metrics.disable();
  });

  test("may be missing: every operation is the one that does nothing", () => {
    const telemetry = createTelemetry();
    expect(telemetry.query(getAgent, text, [])).toBe(nothing);
    expect(telemetry.batch([getAgent, getAgent], [text, text])).toBe(nothing);
    expect(telemetry.copy(getAgent, text)).toBe(nothing);
    expect(telemetry.documents("find", "find", "c")).toBe(nothing);
    expect([telemetry.acquire(), telemetry.transaction(), telemetry.attempt(1)]).toEqual([
      nothing,
      nothing,
      nothing,
    ]);
    expect(nothing.within(() => 5)).toBe(5);
  });

  test("may be registered after, and replaced", async () => {
    const telemetry = createTelemetry();
    telemetry.observePool(() => ({ idle: 1, used: 0, pending: 0, limit: 1, idleMin: 0 }));
    telemetry.query(getAgent, text, []).end();
    for (let round = 0; round < 2; round += 1) {
      const own = createRecorder();
      trace.setGlobalTracerProvider(own.tracerProvider);
      metrics.setGlobalMeterProvider(own.meterProvider);
      telemetry.query(getAgent, text, []).end({ rows: 1 });
      expect(own.spans().map((span) => span.name)).toEqual(["GetAgent"]);
      expect(Object.keys(await own.metrics()).sort()).toEqual([
        "db.client.connection.count",
        "db.client.connection.idle.max",
        "db.client.connection.idle.min",
        "db.client.connection.limit",
        "db.client.connection.pending_requests",
        "db.client.operation.duration",
        "db.client.response.returned_rows",
      ]);
      trace.disable();
      metrics.disable();
      expect(telemetry.query(getAgent, text, [])).toBe(nothing);
    }
  });

  test("may be there for one signal only", async () => {
    const own = createRecorder();
    metrics.setGlobalMeterProvider(own.meterProvider);
    const telemetry = createTelemetry();
    const operation = telemetry.query(getAgent, text, []);
    expect(operation.within(() => 7)).toBe(7);
    operation.end();
    expect(telemetry.transaction()).toBe(nothing);
    expect(await own.points("db.client.operation.duration")).toHaveLength(1);
  });
});
