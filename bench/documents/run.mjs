/**
 * Measures the document accessor against the driver alone, in one process on one server, and prints a table for each line.
 *
 *   node --expose-gc documents/run.mjs [--quick]
 *
 * The server is MONGODB_URL's; without one, the scripted server of the tests in a process of its own, which answers at once:
 * what the accessor adds shows most where the server takes no time.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { createDocuments, jobId, solitudeCollections, workspaceId } from "@solitude/runtime/documents";
import { MongoClient, ObjectId } from "mongodb";
import { buildFerretdb, runFerretdb } from "../../tests/mongo/ferretdb.mjs";
import { measure } from "../runtime/measure.mjs";
import { printTable } from "../runtime/table.mjs";

const { values: options } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
// Short rounds and many: what else the machine does then meets both alike.
const rounds = options.quick ? 50 : 400;
const calls = 20;

const execution = () => ({
  workflowId: "agent-run",
  runId: "0197c1de-8c1f-7000-8000-000000000001",
  worker: "worker-7",
  status: "running",
  startedAt: new Date(),
  steps: [{ name: "plan", startedAt: new Date() }],
  usage: { inputTokens: 1200, outputTokens: 300 },
});
const context = (i) => ({
  name: `step-${i}`,
  value: { query: "select the best of them", score: 0.5, tags: ["a", "b"] },
});

/** `mongod`-like servers in the order in which they say something: the real one, the stand-in, the one that costs nothing. */
async function servers() {
  if (process.env.MONGODB_URL !== undefined)
    return [
      { name: "MongoDB", url: process.env.MONGODB_URL, serverChecks: "required", stop: async () => {} },
    ];
  const ferretdb = await runFerretdb(await buildFerretdb((text) => console.error(text)), {});
  const constant = fork(new URL("./constant-server.mjs", import.meta.url));
  const [url] = await once(constant, "message");
  return [
    { name: "FerretDB 1.24 on SQLite", url: ferretdb.url, stop: () => ferretdb.stop() },
    { name: "a server that answers at once", url, stop: async () => void constant.kill() },
  ];
}

async function compare({ name, url, serverChecks = "if-supported" }) {
  const database = `bench${Date.now()}`;
  // The accessor's own settings: what a time limit costs the driver is not what the accessor costs.
  const settings = {
    maxPoolSize: 1,
    ignoreUndefined: true,
    maxIdleTimeMS: 600_000,
    waitQueueTimeoutMS: 5_000,
    serverSelectionTimeoutMS: 5_000,
    socketTimeoutMS: 60_000,
    useBigInt64: true,
  };
  const client = new MongoClient(url, settings);
  const documents = createDocuments(
    { url, database, pool: { max: 1 } },
    { collections: solitudeCollections, serverChecks },
  );
  const job = documents.workspace(workspaceId("w")).job(jobId("j"));
  const { executions, contexts } = job.collections;
  // The same collection and the same documents: what is compared is the way there.
  const raw = client.db(database).collection("w/j");
  let next = 0;
  const stored = () => {
    const now = new Date();
    const [id, revision] = [new ObjectId().toHexString(), new ObjectId().toHexString()];
    return {
      _id: `context/${id}`,
      kind: "context",
      createdAt: now,
      version: 1,
      revision,
      updatedAt: now,
      data: context(next++),
    };
  };
  try {
    await executions.insert(execution(), { id: "one" });
    const read = await measure(
      [
        { name: "mongodb (driver alone)", call: () => raw.findOne({ _id: "execution/one" }) },
        { name: "@solitude/runtime/documents", call: () => executions.get("one") },
      ],
      { rounds, calls, against: "mongodb (driver alone)" },
    );
    printTable(`find one by id, on ${name}`, read);
    const inserted = await measure(
      [
        { name: "mongodb (driver alone)", call: () => raw.insertOne(stored()) },
        { name: "@solitude/runtime/documents", call: () => contexts.insert(context(next++)) },
      ],
      { rounds, calls, against: "mongodb (driver alone)" },
    );
    printTable(`insert one, on ${name}`, inserted);
  } finally {
    await client
      .db(database)
      .dropDatabase()
      .catch(() => {});
    await documents.close();
    await client.close();
  }
}

const all = await servers();
try {
  for (const server of all) await compare(server);
} finally {
  await Promise.all(all.map((server) => server.stop()));
}
