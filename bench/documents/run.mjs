/**
 * Measures the document accessor against the driver alone, in one process on one server, and prints a table for each line.
 *
 *   node --expose-gc documents/run.mjs [--rounds 60] [--on none,ferretdb,secantusdb] [--json <file>]
 *
 * The server is MONGODB_URL's; without one, both stand-ins of the tests, and a process that answers at once: what the accessor adds
 * shows most where the server takes no time. `--json` writes what publish.mjs reads.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  createDocuments,
  defineCollection,
  jobId,
  solitudeCollections,
  workspaceId,
} from "@solitude/runtime/documents";
import { MongoClient, ObjectId } from "mongodb";
import { installSecantusdb, runSecantusdb } from "../../stack/processes/secantusdb.mjs";
import { buildFerretdb, runFerretdb } from "../../tests/mongo/ferretdb.mjs";
import { here, measure } from "../runtime/measure.mjs";
import { takeProcessorOf } from "../runtime/processors.mjs";
import { printTable } from "../runtime/table.mjs";
import { ACCESSOR, BY_HAND, DRIVER, UNCHECKED } from "./contestants.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "60" },
    on: { type: "string", default: "none,ferretdb,secantusdb" },
    json: { type: "string" },
  },
});
const rounds = Number(options.rounds);
const on = options.on.split(",");
const lines = [];
/** Documents of which nothing is known, so that there is nothing to validate. Peers bring another zod along, so this one is the runtime's. */
const nothingKnown = solitudeCollections.contexts.schema.pick({}).loose();
const unchecked = defineCollection({ kind: "unchecked", version: 1, schema: nothingKnown });
const collections = { ...solitudeCollections, unchecked };

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
  const started = [];
  takeProcessorOf("server");
  for (const key of on) started.push({ key, ...(await STAND_INS[key]()) });
  takeProcessorOf("client");
  return started;
}

const say = (text) => console.error(text);
const STAND_INS = {
  async none() {
    const constant = fork(new URL("./constant-server.mjs", import.meta.url));
    const [url] = await once(constant, "message");
    const stop = async () => void constant.kill();
    return { name: "a server that answers at once", url, calls: 200, warmUp: 10_000, stop };
  },
  async ferretdb() {
    const { url, stop } = await runFerretdb(await buildFerretdb(say), {});
    return { name: "FerretDB 1.24 on SQLite", url, calls: 40, warmUp: 2_000, stop };
  },
  async secantusdb() {
    const { url, stop } = await runSecantusdb(await installSecantusdb(say), {});
    return { name: "SecantusDB", url, calls: 20, warmUp: 500, stop };
  },
};

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
  const documents = createDocuments({ url, database, pool: { max: 1 } }, { collections, serverChecks });
  const job = documents.workspace(workspaceId("w")).job(jobId("j"));
  const { executions, contexts, unchecked } = job.collections;
  // The same collection and the same documents: what is compared is the way there.
  const raw = client.db(database).collection("w/j");
  let next = 0;
  const stored = (data) => {
    const now = new Date();
    const [id, revision] = [new ObjectId().toHexString(), new ObjectId().toHexString()];
    return {
      _id: `context/${id}`,
      kind: "context",
      createdAt: now,
      version: 1,
      revision,
      updatedAt: now,
      data,
    };
  };
  try {
    await executions.insert(execution(), { id: "one" });
    const about = { rounds, calls, warmUp, against: DRIVER, floor: BY_HAND };
    const tell = (line, title, results) => {
      printTable(title, results);
      lines.push({ line, title, results });
    };
    const read = await measure(
      [
        { name: DRIVER, call: () => raw.findOne({ _id: "execution/one" }) },
        {
          name: BY_HAND,
          async call() {
            const { data, ...rest } = await raw.findOne({ _id: "execution/one" });
            return { ...rest, data: solitudeCollections.executions.schema.parse(data) };
          },
        },
        { name: ACCESSOR, call: () => executions.get("one") },
        { name: UNCHECKED, call: () => executions.getRaw("one") },
      ].map(here),
      about,
    );
    tell(`find-${key}`, `Find one by id, on ${name}`, read);
    const inserted = await measure(
      [
        { name: DRIVER, call: () => raw.insertOne(stored(context(next++))) },
        {
          name: BY_HAND,
          call: () => raw.insertOne(stored(solitudeCollections.contexts.schema.parse(context(next++)))),
        },
        { name: ACCESSOR, call: () => contexts.insert(context(next++)) },
        { name: UNCHECKED, call: () => unchecked.insert(context(next++)) },
      ].map(here),
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
