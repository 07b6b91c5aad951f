/**
 * Measures the document accessor against the driver alone, in one process on one server, and prints a table for each line.
 *
 *   node --expose-gc documents/run.mjs [--rounds 60] [--json <file>]
 *
 * The server is MONGODB_URL's; without one, both stand-ins of the tests, and a process that answers at once: what the accessor adds
 * shows most where the server takes no time. `--json` writes what publish.mjs reads.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createDocuments, jobId, solitudeCollections, workspaceId } from "@solitude/runtime/documents";
import { MongoClient, ObjectId } from "mongodb";
import { installSecantusdb, runSecantusdb } from "../../stack/processes/secantusdb.mjs";
import { buildFerretdb, runFerretdb } from "../../tests/mongo/ferretdb.mjs";
import { measure } from "../runtime/measure.mjs";
import { printTable } from "../runtime/table.mjs";
import { ACCESSOR, DRIVER } from "./contestants.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "60" }, json: { type: "string" } },
});
const rounds = Number(options.rounds);
const lines = [];

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

/**
 * Servers: the real one; or the one that costs nothing, and the stand-ins. On the first one the code is compiled before anything is
 * measured. Where calls take longer, fewer are made in a turn.
 */
async function servers() {
  const { MONGODB_URL: given } = process.env;
  if (given !== undefined)
    return [
      {
        key: "mongodb",
        name: "MongoDB",
        url: given,
        serverChecks: "required",
        calls: 50,
        warmUp: 5_000,
        stop: async () => {},
      },
    ];
  const say = (text) => console.error(text);
  const secantusdb = await runSecantusdb(await installSecantusdb(say), {});
  const ferretdb = await runFerretdb(await buildFerretdb(say), {});
  const constant = fork(new URL("./constant-server.mjs", import.meta.url));
  const [url] = await once(constant, "message");
  return [
    {
      key: "none",
      name: "a server that answers at once",
      url,
      calls: 200,
      warmUp: 10_000,
      stop: async () => void constant.kill(),
    },
    {
      key: "ferretdb",
      name: "FerretDB 1.24 on SQLite",
      url: ferretdb.url,
      calls: 20,
      warmUp: 200,
      stop: () => ferretdb.stop(),
    },
    {
      key: "secantusdb",
      name: "SecantusDB",
      url: secantusdb.url,
      calls: 20,
      warmUp: 200,
      stop: () => secantusdb.stop(),
    },
  ];
}

async function compare({ key, name, url, calls, warmUp, serverChecks = "if-supported" }) {
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
    const about = { rounds, calls, warmUp, against: DRIVER };
    const tell = (line, title, results) => {
      printTable(title, results);
      lines.push({ line, title, results });
    };
    const read = await measure(
      [
        { name: DRIVER, call: () => raw.findOne({ _id: "execution/one" }) },
        { name: ACCESSOR, call: () => executions.get("one") },
      ],
      about,
    );
    tell(`find-${key}`, `Find one by id, on ${name}`, read);
    const inserted = await measure(
      [
        { name: DRIVER, call: () => raw.insertOne(stored()) },
        { name: ACCESSOR, call: () => contexts.insert(context(next++)) },
      ],
      about,
    );
    tell(`insert-${key}`, `Insert one, on ${name}`, inserted);
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
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(lines));
