import { context, createContextKey, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { SamplingDecision } from "@opentelemetry/sdk-trace-base";
import { nothing } from "../../src/telemetry/telemetry.ts";
import { createRecorder } from "./recorder.ts";
import { getAgent, listJobs, open, recorder, serverError, text, useRecorder } from "./reported-database.ts";

useRecorder();

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

  test("is in the context of each call: what the application has put there stays", () => {
    const telemetry = open();
    const transaction = telemetry.transaction();
    const key = createContextKey("tenant");
    const seen = ["a", "b", "b"].map((tenant) =>
      context.with(context.active().setValue(key, tenant), () =>
        transaction.within(() => [
          context.active().getValue(key),
          transaction.within(() => context.active().getValue(key)),
          trace.getActiveSpan()?.spanContext().spanId,
        ]),
      ),
    );
    transaction.end();
    const { spanId } = recorder.span("transaction").spanContext();
    expect(seen).toEqual([
      ["a", "a", spanId],
      ["b", "b", spanId],
      ["b", "b", spanId],
    ]);
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
    expect(telemetry.attempt(1)).toBe(nothing);
    telemetry.acquire().end();
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
