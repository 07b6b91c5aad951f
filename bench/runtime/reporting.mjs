/**
 * Prints how much CPU reporting takes by itself, without a database: through `createTelemetry`, and by hand with
 * OpenTelemetry's SDK alone, which nothing on top of it can be quicker than. After a build: node runtime/reporting.mjs
 */
import * as api from "@opentelemetry/api";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createTelemetry } from "@solitude/runtime";

const CALLS = 20_000;
const ROUNDS = 7;

/** Takes what is exported and forgets it. */
const exporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};
const providers = () => ({
  tracerProvider: new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }),
  meterProvider: new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 })],
  }),
});

const statements = [
  [
    "GetAgent",
    ":one",
    "SELECT",
    "select id, slug, name, description, status, version, labels from agents where id = $1",
  ],
  ["RenameAgent", ":exec", "UPDATE", "update agents set name = $2 where id = $1"],
  [
    "AppendAuditLog",
    ":exec",
    "INSERT",
    "insert into audit_logs (workspace_id, seq, action) values ($1, $2, $3)",
  ],
].map(([name, command, operation, text]) => ({
  text,
  info: { name, command, operation, relations: ["public.agents"], collection: "public.agents" },
}));
const commit = {
  text: "commit",
  info: { name: "COMMIT", command: ":exec", operation: "COMMIT", relations: [] },
};

function ours() {
  const server = { system: "postgresql", host: "db.example", port: 5433, namespace: "app" };
  const telemetry = createTelemetry({ ...providers(), api }).at(server);
  telemetry.observePool(() => ({ idle: 0, used: 0, pending: 0, limit: 4, idleMin: 0 }));
  const run = ({ info, text }, rows) => telemetry.query(info, text, ["x"]).end({ rows });
  return {
    one() {
      telemetry.connectionWaited(0);
      run(statements[0], 1);
      telemetry.connectionUsed(0.001);
    },
    transaction() {
      const transaction = telemetry.transaction();
      telemetry.connectionWaited(0);
      for (const [i, statement] of statements.entries())
        transaction.within(() => run(statement, i === 0 ? 1 : 0));
      transaction.within(() => run(commit));
      telemetry.connectionUsed(0.001);
      transaction.end({ transaction: "committed" });
    },
  };
}

function byHand() {
  const { tracerProvider, meterProvider } = providers();
  const tracer = tracerProvider.getTracer("by hand");
  const meter = meterProvider.getMeter("by hand");
  const seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
  const histogram = (name, explicitBucketBoundaries = seconds) =>
    meter.createHistogram(name, { advice: { explicitBucketBoundaries } });
  const [duration, wait, use, whole] = ["duration", "wait", "use", "whole"].map((name) => histogram(name));
  const rows = histogram("rows", [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  const database = {
    "db.system.name": "postgresql",
    "db.namespace": "app",
    "server.address": "db.example",
    "server.port": 5433,
  };
  const pool = { "db.client.connection.pool.name": "db.example:5433/app" };
  const ended = { ...database, "solitude.transaction.outcome": "committed" };
  const described = [...statements, commit].map(({ info, text }) => {
    const measured = {
      ...database,
      "db.query.summary": info.name,
      "db.operation.name": info.operation,
      ...(info.collection && { "db.collection.name": info.collection }),
    };
    const counted = {
      "db.system.name": "postgresql",
      "db.namespace": "app",
      "db.query.summary": info.name,
    };
    return { name: info.name, measured, counted, attributes: { ...measured, "db.query.text": text } };
  });
  const run = ({ name, measured, counted, attributes }, count, context) => {
    const start = performance.now();
    tracer.startSpan(name, { kind: api.SpanKind.CLIENT, attributes }, context).end();
    duration.record((performance.now() - start) / 1000, measured);
    if (count !== undefined) rows.record(count, counted);
  };
  return {
    one() {
      wait.record(0, pool);
      run(described[0], 1);
      use.record(0.001, pool);
    },
    transaction() {
      const start = performance.now();
      const span = tracer.startSpan("transaction", { kind: api.SpanKind.INTERNAL, attributes: database });
      const context = api.trace.setSpan(api.context.active(), span);
      wait.record(0, pool);
      for (const [i, one] of described.entries()) run(one, i === 0 ? 1 : undefined, context);
      use.record(0.001, pool);
      span.setAttribute("solitude.transaction.outcome", "committed");
      span.end();
      whole.record((performance.now() - start) / 1000, ended);
    },
  };
}

/** Microseconds of CPU for each. */
async function costOf(call) {
  const cpu = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) {
    call();
    // The batch of spans is exported between.
    if (i % 500 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / CALLS;
}

const contestants = [ours(), byHand()];
for (const what of ["one", "transaction"]) {
  const costs = contestants.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, contestant] of contestants.entries()) costs[i].push(await costOf(contestant[what]));
  const [mine, theirs] = costs.map((all) => all.toSorted((a, b) => a - b)[ROUNDS >> 1]);
  console.log(
    `${what}: ${mine.toFixed(2)} µs, by hand ${theirs.toFixed(2)} µs: ${(mine / theirs).toFixed(2)}`,
  );
}
process.exit(0);
