import { metrics, trace } from "@opentelemetry/api";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { nothing } from "../../src/telemetry/telemetry.ts";
import { createRecorder } from "./recorder.ts";
import { getAgent, text, useRecorder } from "./reported-database.ts";

useRecorder();

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
    expect(telemetry.documents("find", "find", { collection: "c" })).toBe(nothing);
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
    expect(telemetry.attempt(1)).toBe(nothing);
    expect(await own.points("db.client.operation.duration")).toHaveLength(1);
  });
});
