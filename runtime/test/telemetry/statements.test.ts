import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { SamplingDecision } from "@opentelemetry/sdk-trace-base";
import type { QueryInfo } from "../../src/statement.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { nothing } from "../../src/telemetry/telemetry.ts";
import { createRecorder } from "./recorder.ts";
import {
  database,
  getAgent,
  listJobs,
  open,
  options,
  recorder,
  server,
  text,
  useRecorder,
} from "./reported-database.ts";

useRecorder();

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

describe("a text that analysis has not seen is recorded without its literals", () => {
  const adHoc: QueryInfo = {
    name: "dump",
    command: ":many",
    operation: "COPY",
    relations: [],
    isAdHoc: true,
  };
  const copied = "copy (select * from people where email = 'secret' or id = 42) to stdout";
  const recorded = "copy (select * from people where email = ? or id = ?) to stdout";

  test("as a statement, as a COPY, and in a batch, alone or with others", () => {
    const telemetry = open();
    telemetry.query(adHoc, copied, []).end();
    telemetry.copy(adHoc, copied).end();
    telemetry.batch([adHoc], [copied]).end();
    telemetry.batch([adHoc, adHoc], [copied, copied]).end();
    telemetry.batch([getAgent, adHoc], [text, copied]).end();
    const texts = recorder.spans().map((span) => span.attributes["db.query.text"]);
    expect(texts).toEqual([...new Array(4).fill(recorded), `${text}; ${recorded}`]);
  });

  test("what is copied into a table is known", () => {
    const { isAdHoc: _, ...known } = adHoc;
    open().copy(known, "COPY t (a) FROM STDIN").end();
    expect(recorder.spans()[0]?.attributes["db.query.text"]).toBe("COPY t (a) FROM STDIN");
  });
});
