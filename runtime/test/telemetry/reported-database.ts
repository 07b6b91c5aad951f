import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { QueryInfo } from "../../src/statement.ts";
import { createTelemetry, type TelemetryOptions } from "../../src/telemetry/create-telemetry.ts";
import type { ReportedServer, Telemetry } from "../../src/telemetry/telemetry.ts";
import { createRecorder } from "./recorder.ts";

// One database, and two queries on it, as every test of what is reported has them.

export const getAgent: QueryInfo = {
  name: "GetAgent",
  command: ":one",
  operation: "SELECT",
  relations: ["public.agents"],
  collection: "public.agents",
  parameters: ["workspace_id", "slug"],
};
export const listJobs: QueryInfo = {
  name: "ListJobs",
  command: ":many",
  operation: "SELECT",
  relations: ["public.jobs", "public.agents"],
};
export const text = "select * from agents where workspace_id = $1 and slug = $2";

export const recorder = createRecorder();
export const options: TelemetryOptions = {
  tracerProvider: recorder.tracerProvider,
  meterProvider: recorder.meterProvider,
};
export const server: ReportedServer = {
  system: "postgresql",
  host: "db.example.com",
  port: 6432,
  namespace: "solitude",
};
export const open = (more: TelemetryOptions = {}): Telemetry =>
  createTelemetry({ ...options, ...more }).at(server);
export const database = {
  "db.system.name": "postgresql",
  "db.namespace": "solitude",
  "server.address": "db.example.com",
  "server.port": 6432,
};

/** To be called once by a suite: spans find their parents, and each test begins with nothing recorded. */
export function useRecorder(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  beforeEach(() => recorder.reset());
  afterAll(async () => {
    context.disable();
    await recorder.shutdown();
  });
}

/** An error as `pg` gives it. */
export const serverError = (code: string, message = "secret value") =>
  Object.assign(new Error(message), { code, severity: "ERROR" });
