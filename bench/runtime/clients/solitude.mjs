import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** Takes what is exported and forgets it, as if the network cost nothing. */
const exporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};

function providers() {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
  return {
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }),
    meterProvider: new MeterProvider({ readers: [reader] }),
  };
}

/** Generated functions on the runtime; `telemetry`: "none registered", or "tracing and metrics". */
export async function open(url, { telemetry, modules }) {
  const { createPool, createTelemetry } = modules.runtime;
  const queries = modules.generated;
  const sdk = telemetry === "none registered" ? undefined : providers();
  const pool = createPool({
    connectionString: url,
    max: 4,
    telemetry: createTelemetry(sdk ?? {}),
  });
  const name = sdk === undefined ? "Solitude" : "Solitude, traced";
  return {
    name,
    one: (id) => queries.getAgent(pool, { id }),
    many: (n) => queries.listAgents(pool, { limit: String(n) }),
    insert: (a) => queries.createAgent(pool, a),
    batch: (ids, name) =>
      queries.renameAgents(
        pool,
        ids.map((id) => ({ id, name })),
      ),
    /** As one transaction; without it each is one of its own, as when they are run one by one. */
    batchAtomic: (ids, to) =>
      queries.renameAgents(
        pool,
        ids.map((id) => ({ id, name: to })),
        { atomic: true },
      ),
    transaction: (id, name, log) =>
      pool.transaction(async (tx) => {
        await queries.getAgent(tx, { id });
        await queries.renameAgent(tx, { id, name });
        await queries.appendAuditLog(tx, log);
      }),
    transactionLast: (id, name, log) =>
      pool.transaction(async (tx) => {
        await queries.getAgent(tx, { id });
        await queries.renameAgent(tx, { id, name });
        await queries.appendAuditLog(tx.last, log);
      }),
    copy: (logs) => queries.appendAuditLogs(pool, logs),
    async close() {
      await pool.close();
      await sdk?.tracerProvider.shutdown();
      await sdk?.meterProvider.shutdown();
    },
  };
}
