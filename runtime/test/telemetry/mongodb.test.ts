import { SpanKind } from "@opentelemetry/api";
import { DuplicateDocumentError } from "../../src/documents/index.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { closeAll, J, W } from "../documents/fixture.ts";
import { openReal, server } from "../documents/real-server.ts";
import { createRecorder } from "./recorder.ts";

// What real document operations report.

const recorder = createRecorder();
const database = server.database();
const documents = openReal({ telemetry: createTelemetry(recorder) }, { database });
const { notes } = documents.workspace(W).job(J).collections;
afterAll(async () => {
  await closeAll();
  await recorder.shutdown();
});

const { hostname, port } = new URL(server.url);
const known = {
  "db.system.name": "mongodb",
  "db.namespace": database,
  "server.address": hostname,
  ...(port === "27017" || port === "" ? {} : { "server.port": Number(port) }),
};

test("an operation: the collection on the span, and not in metrics, which have few values", async () => {
  await notes.insert({ text: "t" }, { id: "a" });
  recorder.reset();
  await notes.get("a");
  const [span] = recorder.spans();
  expect(span).toMatchObject({ name: "find note", kind: SpanKind.CLIENT });
  expect(span?.attributes).toEqual({
    ...known,
    "db.operation.name": "find",
    "db.query.summary": "find note",
    "db.collection.name": expect.stringContaining(J),
  });
  const points = await recorder.points("db.client.operation.duration");
  expect(JSON.stringify(points.map(({ attributes }) => attributes))).not.toContain(J);
});

test("a failure has the server's code, and nothing of the document", async () => {
  recorder.reset();
  await expect(notes.insert({ text: "s3cret" }, { id: "a" })).rejects.toBeInstanceOf(DuplicateDocumentError);
  const failed = recorder.spans().filter(({ attributes }) => "error.type" in attributes);
  expect(failed.map(({ attributes }) => attributes["db.response.status_code"])).toEqual(["11000"]);
  expect(JSON.stringify(failed.map(({ attributes, status }) => [attributes, status]))).not.toContain(
    "s3cret",
  );
});

test("a ping has no collection", async () => {
  recorder.reset();
  await documents.ping();
  expect(recorder.span("ping documents").attributes).not.toHaveProperty(["db.collection.name"]);
});

test("the driver's connections", async () => {
  const limits = await recorder.points<number>("db.client.connection.limit");
  const name = `${hostname}:${port === "" ? 27017 : port}/${database}`;
  expect(limits.map(({ attributes }) => attributes["db.client.connection.pool.name"])).toEqual([name]);
  const [created] = await recorder.points("db.client.connection.create_time");
  expect(created?.value.count).toBeGreaterThan(0);
});
