/**
 * Measures what the three layouts of documents cost: a job's first write, its next, its drop, the list of jobs; in milliseconds, in
 * messages to the server, and in collections and indexes that each job has of its own.
 *
 *   node documents/layouts.mjs [--jobs 200]
 *
 * On MONGODB_URL's server; layouts take turns, so that whatever else the machine does meets all alike.
 */
import { Socket } from "node:net";
import { parseArgs } from "node:util";
import { createDocuments, jobId, solitudeCollections, workspaceId } from "@solitude/runtime/documents";
import { MongoClient } from "mongodb";

const { values } = parseArgs({ options: { jobs: { type: "string", default: "200" } } });
const number = Number(values.jobs);
const LAYOUTS = ["collection-per-job", "database-per-workspace", "shared-collections"];
const context = (i) => ({ name: `step-${i}`, value: { query: "the best of them", score: 0.5 } });
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const sides = LAYOUTS.map((layout, index) => {
  const database = `l${index}${Date.now() % 1e6}`;
  const settings = { collections: solitudeCollections, layout, maxCollections: 1e6 };
  return {
    layout,
    database,
    documents: createDocuments({ url: process.env.MONGODB_URL, database }, settings),
    times: { first: [], next: [], drop: [], list: [] },
  };
});
const workspace = workspaceId("w");
let sent = 0;
const { write } = Socket.prototype;
Socket.prototype.write = function (...args) {
  if (this.remotePort !== undefined) sent++;
  return write.apply(this, args);
};
async function timed(measured, work) {
  const from = performance.now();
  const before = sent;
  await work();
  measured.push([performance.now() - from, sent - before]);
}

const client = new MongoClient(process.env.MONGODB_URL);
/** Collections and indexes in the databases that begin so. */
async function held(prefix) {
  let number = 0;
  const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
  for (const { name } of databases.filter((each) => each.name.startsWith(prefix)))
    for (const collection of await client.db(name).collections())
      number += 1 + (await collection.indexes()).length;
  return number;
}

for (const side of sides) {
  // What comes once is not a job's.
  for (const [job, collections] of ["warm", "again"].map((id) => [
    id,
    side.documents.workspace(workspace).job(jobId(id)).collections,
  ])) {
    await collections.contexts.insert(context(job));
    await collections.executions.deleteMany({});
  }
  side.before = await held(side.database);
}
for (let i = 0; i < number; i++)
  for (const { documents, times } of sides) {
    const { contexts } = documents.workspace(workspace).job(jobId(`j${i}`)).collections;
    await timed(times.first, () => contexts.insert(context(0)));
    await timed(times.next, () => contexts.insert(context(1)));
  }
for (const { documents, times } of sides)
  await timed(times.list, async () => {
    for await (const _ of documents.workspace(workspace).jobs());
  });
for (const side of sides) side.after = await held(side.database);
for (let i = 0; i < Math.min(number, 30); i++)
  for (const { documents, times } of sides)
    await timed(times.drop, () =>
      documents
        .workspace(workspace)
        .job(jobId(`j${i}`))
        .drop(),
    );
console.log(
  "| layout | first write | next write | drop | list of all | collections and indexes for each job |",
);
const shown = (list) =>
  `${median(list.map(([time]) => time)).toFixed(0)} ms, ${median(list.map(([, messages]) => messages))}`;
for (const { layout, documents, times, before, after } of sides) {
  const columns = ["first", "next", "drop", "list"].map((each) => shown(times[each]));
  console.log(`| ${[layout, ...columns, ((after - before) / number).toFixed(1)].join(" | ")} |`);
  await documents.workspace(workspace).drop();
  await documents.close();
}
await client.close();
