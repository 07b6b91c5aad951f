// One release of a service as a process of its own: does what it is told, and says what came of it.
import {
  createDocuments,
  defineCollection,
  isReadable,
  jobId,
  openExport,
  workspaceId,
} from "@solitude/runtime/documents";
import { z } from "zod";

const item = z.object({ sku: z.string() });
/** A release, its next with the same version, and the one after with a new version. */
const RELEASES = {
  first: {
    version: 1,
    schema: z.object({ name: z.string(), size: z.int().default(0), items: z.array(item).default([]) }),
  },
  second: {
    version: 1,
    schema: z.object({
      name: z.string(),
      size: z.int().default(0),
      items: z.array(item.extend({ price: z.int().optional() })).default([]),
      note: z.string().optional(),
    }),
    indexes: [{ name: "note", fields: { "data.note": 1 }, unique: true }],
  },
  third: {
    version: 2,
    schema: z.object({ name: z.string(), tenths: z.int(), note: z.string().optional() }),
    migrations: { 1: ({ size, ...rest }) => ({ ...rest, tenths: Number(size ?? 0) * 10 }) },
  },
};

const { release, connection, layout, serverChecks, job } = JSON.parse(process.argv[2]);
const tasks = defineCollection({ kind: "task", expires: true, ...RELEASES[release] });
const documents = createDocuments(connection, { collections: { tasks }, layout, serverChecks });
const workspace = documents.workspace(workspaceId("w"));
const scope = workspace.job(jobId(job));
const all = scope.collections.tasks;
/** What each release writes: its own fields, all of them. */
const written = {
  first: (name) => ({ name, size: 3, items: [{ sku: "x" }] }),
  second: (name) => ({ name, size: 3, items: [{ sku: "x", price: 5 }], note: "keep me" }),
  third: (name) => ({ name, tenths: 30, note: "keep me" }),
}[release];

const outcome = ([{ ok, error }]) => {
  if (!ok) throw error;
};
const said = (document) =>
  document === null ? null : isReadable(document) ? document.data : { unreadable: document.error.name };
const each = (list) => list.map(said);
const lines = async () => {
  const given = [];
  for await (const line of scope.export()) given.push(line);
  return given;
};

const operations = {
  insert: () => all.insert(written("w"), { id: "1" }),
  "insert again": () => all.insert(written("o"), { id: "1" }),
  update: () => all.update("1", { name: "o" }),
  "update by a function": () => all.update("1", (data) => ({ ...data, name: "o" })),
  "update in place": () =>
    all.update("1", (data) => {
      data.name = "o";
      data.items?.unshift({ sku: "w" });
      return data;
    }),
  replace: () => all.replace("1", written("o")),
  upsert: () => all.upsert("1", written("o")),
  "bulk insert": async () => outcome(await all.bulk([{ insert: written("o"), id: "1" }])),
  "bulk replace": async () => outcome(await all.bulk([{ replace: written("o"), id: "1" }])),
  "bulk upsert": async () => outcome(await all.bulk([{ upsert: written("o"), id: "1" }])),
  "bulk delete": async () => outcome(await all.bulk([{ delete: "1" }])),
  repair: () => all.repair("1", ({ data }) => ({ ...written("o"), name: `${data.name}o`.slice(-1) })),
  delete: () => all.delete("1"),
  deleteMany: () => all.deleteMany({ "data.name": "w" }),
  deleteOlder: () => workspace.deleteOlder({ tasks: new Date(Date.now() + 60_000) }),
  expire: () => scope.expire(new Date(Date.now() + 3_600_000)),
  rewriteOlder: () => all.rewriteOlder(),
  apply: async () => {
    for await (const { error } of workspace.apply()) if (error) throw error;
  },
  "export and import": async () => {
    const { lines: exported } = await openExport(await lines());
    const { refused } = await workspace.job(jobId(`${job}-copy`)).import(exported);
    await workspace.job(jobId(`${job}-copy`)).drop();
    if (refused.length > 0) throw refused[0].error;
  },
  transaction: () => scope.transaction((inside) => inside.collections.tasks.update("1", { name: "o" })),
  get: async () => said(await all.get("1")),
  getMany: async () => each(await all.getMany(["1"])),
  find: async () => each(await all.find().toArray()),
  "find fields": async () => each(await all.find({}, { fields: ["name"] }).toArray()),
  page: async () => each((await all.page({ limit: 5 })).documents),
  count: () => all.count({ "data.name": "w" }),
  raw: () => all.getRaw("1"),
  clear: () => all.deleteMany({}),
  close: async () => {
    await documents.close();
    setImmediate(() => process.disconnect());
  },
};

process.on("message", async (operation) => {
  try {
    process.send({ result: (await operations[operation]()) ?? null });
  } catch (error) {
    process.send({ error: error.name, message: error.message });
  }
});
