import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createSolitude } from "@solitude/client";
import { createTelemetry, fromPGlite } from "@solitude/runtime";
import { createApp } from "./app";

// A test of the service: the platform's schema on a PGlite, spans that are kept, requests without a network.
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);

const pglite = await PGlite.create();
const folder = process.env.SOLITUDE_SCHEMA ?? "../../schema";
for (const file of readdirSync(folder).toSorted()) {
  const [up = ""] = readFileSync(join(folder, file), "utf8").split(/^-- migrate:down/m);
  await pglite.exec(up);
}
// In production `createSolitude(loadConfig(process.env))`.
const db = createSolitude({ postgres: fromPGlite(pglite, { telemetry: createTelemetry() }) });
const app = createApp(db);

const ada = await db.users.createUser({ email: "ada@example.com" });
const { id: workspace } = await db.workspaces.createWorkspaceOrThrow({
  workspaceId: null,
  slug: "acme",
  name: "Acme",
  region: null,
  createdBy: ada.id,
});
await db.workspace(workspace).agents.createAgent({
  slug: "mail",
  name: "Mail",
  description: "Reads and answers",
  labels: null,
  createdBy: ada.id,
});

exporter.reset();
const { statusCode, body } = await app.inject(`/${workspace}/agents`);
console.log(statusCode, body);
console.log(exporter.getFinishedSpans().map(({ name }) => name));
console.log((await app.inject("/readyz")).statusCode, (await app.inject("/livez")).statusCode);
await app.close();
await pglite.close();
