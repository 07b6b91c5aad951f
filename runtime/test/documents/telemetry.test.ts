import { MongoServerError } from "mongodb";
import { z } from "zod";
import { DocumentConflictError } from "../../src/documents/errors.ts";
import { createTelemetry } from "../../src/telemetry/create-telemetry.ts";
import { createRecorder } from "../telemetry/recorder.ts";
import { closeAll, J, J2, message, open, W } from "./fixture.ts";
import { useScriptedServer } from "./scripted.ts";

const scripted = useScriptedServer();

const SECRET = "what a document says";

function recorded(connection: object = {}) {
  const recorder = createRecorder();
  const telemetry = createTelemetry({
    tracerProvider: recorder.tracerProvider,
    meterProvider: recorder.meterProvider,
  });
  const documents = open({ url: scripted.server.url, ...connection }, { telemetry });
  return { recorder, documents, job: documents.workspace(W).job(J) };
}

test("spans and durations have names of few values; the collection's is on spans alone", async () => {
  const { recorder, documents, job } = recorded();
  const { notes, messages } = job.collections;
  const { id } = await notes.insert({ text: SECRET });
  await documents.workspace(W).job(J2).collections.notes.insert({ text: SECRET });
  await notes.get(id);
  await notes.upsert(SECRET, { text: SECRET });
  await notes.update(id, { text: SECRET });
  await notes.find({ "data.text": SECRET }).toArray();
  for await (const _ of notes.find({ "data.text": SECRET }));
  await notes.page({ filter: { "data.text": SECRET }, limit: 1 });
  await notes.count({ "data.text": SECRET });
  await notes.aggregate([{ $match: { "data.text": SECRET } }], z.unknown()).toArray();
  await notes.bulk([{ insert: { text: SECRET } }, { insert: { text: SECRET } }]);
  await messages.insert(message({ subject: SECRET }));
  await notes.delete(id);
  await documents.ping();
  const spans = recorder.spans();
  expect(new Set(spans.map(({ name }) => name))).toEqual(
    new Set([
      "create note",
      "insert note",
      "find note",
      "findAndModify note",
      "update note",
      "count note",
      "aggregate note",
      "bulkWrite note",
      "insert message",
      "delete note",
      "ping documents",
    ]),
  );
  expect(spans.find(({ name }) => name === "insert note")?.attributes).toMatchObject({
    "db.system.name": "mongodb",
    "server.address": "127.0.0.1",
    "db.operation.name": "insert",
    "db.query.summary": "insert note",
    "db.collection.name": `${W}/${J}`,
  });
  expect(recorder.span("bulkWrite note").attributes).toMatchObject({ "db.operation.batch.size": 2 });
  const points = await recorder.points("db.client.operation.duration");
  expect(points.length).toBeGreaterThan(5);
  expect(JSON.stringify(points)).not.toContain(W);
  const all = JSON.stringify([
    points,
    spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]),
  ]);
  expect(all).not.toContain(SECRET);
});

test("an error is on the span by its code, and its text is not", async () => {
  const { recorder, job } = recorded();
  await job.collections.notes.insert({ text: "a" }, { id: SECRET });
  recorder.reset();
  await expect(job.collections.notes.insert({ text: "a" }, { id: SECRET })).rejects.toThrow();
  const span = recorder.span("insert note");
  expect(span.attributes).toMatchObject({ "error.type": "11000", "db.response.status_code": "11000" });
  expect(JSON.stringify([span.attributes, span.events, span.status])).not.toMatch(
    /secret|what a document says/i,
  );
});

test("what happens inside is a child of the caller's span, also in a transaction", async () => {
  const { recorder, job } = recorded();
  await job.transaction(({ collections: { notes } }) => notes.insert({ text: "" }));
  const outer = recorder.span("transaction documents");
  expect(outer.attributes).not.toHaveProperty("error.type");
});

test("a transaction that runs again is told by its attempts", async () => {
  const { recorder, job } = recorded();
  await job.collections.notes.insert({ text: "" }, { id: "a" });
  recorder.reset();
  let runs = 0;
  await job.transaction(async ({ collections: { notes } }) => {
    await notes.get("a");
    if (++runs === 1) {
      const cause = new MongoServerError({ message: "", errorLabels: ["TransientTransactionError"] });
      throw new DocumentConflictError("another", "a", cause);
    }
  });
  const attempts = recorder.spans().filter(({ name }) => name === "transaction attempt");
  expect(attempts.map(({ attributes }) => attributes["solitude.transaction.attempt"])).toEqual([1, 2]);
  expect(attempts.map(({ attributes }) => attributes["error.type"])).toEqual([
    "DocumentConflictError",
    undefined,
  ]);
  const [retries] = await recorder.points<number>("solitude.transaction.retries");
  expect(retries).toMatchObject({ value: 1, attributes: { "db.system.name": "mongodb" } });
});

test("items of a bulk write that failed are on its span and counted", async () => {
  const { recorder, job } = recorded();
  const { notes } = job.collections;
  await notes.insert({ text: "" }, { id: "a" });
  const outcomes = await notes.bulk([
    { insert: { text: "" }, id: "a" },
    { insert: { text: "" }, id: "b" },
  ]);
  expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
  expect(recorder.span("bulkWrite note").attributes).toMatchObject({ "solitude.documents.batch.failed": 1 });
  const [failures] = await recorder.points<number>("solitude.documents.batch.failures");
  expect(failures?.value).toBe(1);
});

test("connections and collections are counted", async () => {
  const { recorder, job } = recorded({ pool: { max: 7 } });
  await job.collections.notes.insert({ text: "" });
  const value = async (metric: string) => (await recorder.points<number>(metric)).map(({ value }) => value);
  expect(await value("db.client.connection.limit")).toEqual([7]);
  expect((await value("db.client.connection.count")).reduce((a, b) => a + b)).toBeGreaterThan(0);
  expect(await value("solitude.documents.collection.count")).toEqual([1]);
  expect((await recorder.points("db.client.connection.create_time"))[0]?.value.count).toBeGreaterThan(0);
  expect((await recorder.points("db.client.connection.use_time"))[0]?.value.count).toBeGreaterThan(0);
});

test("a free connection that did not come is counted", async () => {
  const { recorder, job } = recorded({ pool: { max: 1, acquireTimeout: 1000 } });
  await job.collections.notes.insert({ text: "" }, { id: "a" });
  scripted.server.script((name) => (name === "find" ? { delay: 3000 } : undefined));
  const first = job.collections.notes.get("a");
  await expect(job.collections.notes.get("a")).rejects.toThrow();
  await first;
  const [point] = await recorder.points<number>("db.client.connection.timeouts");
  expect(point?.value).toBe(1);
});

afterAll(closeAll);

test("a workspace's own database is on its spans, and not in metrics", async () => {
  const recorder = createRecorder();
  const telemetry = createTelemetry({ ...recorder });
  const connection = { url: scripted.server.url, database: "base" };
  const documents = open(connection, { telemetry, layout: "database-per-workspace" });
  const { notes } = documents.workspace(W).job(J).collections;
  await notes.insert({ text: SECRET });
  await notes.find().toArray();
  const named = recorder.spans().filter(({ name }) => / note$/.test(name));
  expect(named.map(({ attributes }) => attributes["db.namespace"])).toEqual(named.map(() => `base-${W}`));
  for (const { attributes } of await recorder.points("db.client.operation.duration"))
    expect(attributes["db.namespace"]).toBe("base");
});
