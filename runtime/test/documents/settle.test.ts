import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { z } from "zod";
import { defineCollection, jobId } from "../../src/documents/index.ts";
import { closeAll, LAYOUTS, W } from "./fixture.ts";
import { openReal, server as real } from "./real-server.ts";

const raw = new MongoClient(real.url);
afterAll(async () => {
  await closeAll();
  await raw.close();
});

const old = defineCollection({
  kind: "person",
  version: 1,
  schema: z.object({ email: z.string(), age: z.number() }),
  indexes: [
    { name: "age", fields: { "data.age": 1 } },
    { name: "email", fields: { "data.email": 1 } },
  ],
  expires: true,
});
const left = defineCollection({ kind: "left", version: 1, schema: z.object({ a: z.string() }) });
const now = defineCollection({
  kind: "person",
  version: 1,
  schema: z.object({ email: z.string(), age: z.number().optional() }),
  indexes: [
    { name: "email", fields: { "data.email": -1 } },
    { name: "unique", fields: { "data.email": 1 }, unique: true },
  ],
});

const changesOf = async (changes: AsyncIterable<{ change: string; index?: string; error?: Error }>) => {
  const all: string[] = [];
  for await (const { change, index, error } of changes)
    all.push(
      `${change}${index === undefined ? "" : ` ${index}`}${error === undefined ? "" : ` ${error.name}`}`,
    );
  return all.sort();
};

describe.each(LAYOUTS)("%s", (layout) => {
  real.testWith(
    "validators",
    "partial indexes",
    "TTL indexes",
  )("a workspace gets what is declared, and loses what is not any more", async () => {
    const database = real.database().slice(0, 13);
    const before = openReal({ collections: { people: old, left }, layout }, { database }).workspace(W);
    for (const job of ["a", "b"])
      await before.job(jobId(job)).collections.people.insert({ email: `${job}@b.example`, age: 1 });
    const after = openReal({ collections: { people: now }, layout }, { database }).workspace(W);
    const jobs = layout === "collection-per-job" ? 2 : 1;
    const expected = [
      "create index person_email",
      "create index person_unique",
      "drop index expiry",
      "drop index person_age",
      "drop index person_email",
      "set validator",
    ].flatMap((each) => Array.from({ length: jobs }, () => each));
    expect(await changesOf(after.plan())).toEqual(expected);
    expect(await changesOf(after.plan())).toEqual(expected);
    // Broken off after the first, the rest is still to do.
    for await (const _ of after.apply()) break;
    expect(await changesOf(after.plan())).toHaveLength(expected.length - 1);
    expect(await changesOf(after.apply())).toHaveLength(expected.length - 1);
    expect(await changesOf(after.plan())).toEqual([]);
  });

  real.testWith(
    "validators",
    "partial indexes",
    "TTL indexes",
  )("a newer release's are left alone, and so are those of others", async () => {
    const database = real.database().slice(0, 13);
    const newer = defineCollection({ ...old, version: 2, migrations: { 1: (data) => data }, indexes: [] });
    const after = openReal({ collections: { people: newer }, layout }, { database }).workspace(W);
    await after.job(jobId("a")).collections.people.insert({ email: "", age: 1 });
    const db = raw.db(layout === "database-per-workspace" ? `${database}-${W}` : database);
    const [made] = await db.listCollections({}, { nameOnly: true }).toArray();
    await db.collection(made!.name).createIndex({ x: 1 }, { name: "by_hand" });
    const plain = defineCollection({ kind: "person", version: 1, schema: old.schema });
    const before = openReal({ collections: { people: plain }, layout }, { database }).workspace(W);
    expect(await changesOf(before.plan())).toEqual([]);
  });
});

real.testWith("validators", "names of duplicate indexes")(
  "what duplicates prevent is said, and keeps nothing else from being done",
  async () => {
    const database = real.database();
    const before = openReal({ collections: { people: old } }, { database }).workspace(W);
    for (const job of ["a", "b"])
      for (const email of ["one", job === "a" ? "one" : "two"])
        await before.job(jobId(job)).collections.people.insert({ email, age: 1 });
    const after = openReal({ collections: { people: now } }, { database }).workspace(W);
    const done = await changesOf(after.apply());
    expect(done.filter((each) => each.includes("Error"))).toEqual([
      "create index person_unique DuplicateDocumentError",
    ]);
    expect(await changesOf(after.plan())).toEqual(["create index person_unique"]);
  },
);

real.testWith("validators")(
  "the command plans, applies, and says by its exit code what is left",
  async () => {
    const database = real.database();
    const before = openReal({ collections: { people: old } }, { database }).workspace(W);
    await before.job(jobId("a")).collections.people.insert({ email: "", age: 1 });
    const dist = (file: string) => fileURLToPath(new URL(`../../dist/documents/${file}`, import.meta.url));
    const module = join(mkdtempSync(join(tmpdir(), "solitude-settle-")), "documents.mjs");
    writeFileSync(
      module,
      `import { createDocuments, defineCollection } from ${JSON.stringify(dist("index.js"))};
     import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
     const people = defineCollection({ kind: "person", version: 1, schema: z.object({ email: z.string(), age: z.number() }) });
     export const documents = createDocuments(${JSON.stringify({ url: real.url, database })}, { collections: { people } });`,
    );
    const run = (...args: string[]) =>
      new Promise<{ code: number; stdout: string }>((resolve) => {
        const child = execFile(process.execPath, [dist("command.js"), ...args], (_, stdout) =>
          resolve({ code: child.exitCode as number, stdout }),
        );
      });
    const planned = await run("plan", module, "--workspace", W);
    expect(planned.code).toBe(1);
    expect(planned.stdout.trim().split("\n")).toHaveLength(3);
    expect((await run("apply", module, "--workspace", W, "--json")).code).toBe(0);
    expect(await run("plan", module, "--workspace", W)).toEqual({ code: 0, stdout: "" });
    expect((await run("plan", module)).code).toBe(2);
  },
);

test("what ours says is told in a line", () => {
  const command = fileURLToPath(new URL("../../dist/documents/command.js", import.meta.url));
  const index = JSON.stringify(new URL("../../dist/documents/index.js", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "solitude-settle-"));
  const run = (name: string, text: string, workspace = "w") => {
    const module = join(folder, name);
    writeFileSync(module, text);
    const { status, stderr } = spawnSync(
      process.execPath,
      [command, "plan", module, "--workspace", workspace],
      { encoding: "utf8" },
    );
    return { status, lines: stderr.trimEnd().split("\n") };
  };
  const documents = `import { createDocuments, solitudeCollections as collections } from ${index};
    const connection = { url: "mongodb://127.0.0.1:1/", database: "d", serverSelectionTimeout: 50 };
    export const documents = createDocuments(connection, { collections });`;
  expect(run("unreachable.mjs", documents)).toEqual({
    status: 2,
    lines: [expect.stringMatching(/no server is to be reached/)],
  });
  expect(run("id.mjs", documents, "No Id")).toEqual({ status: 2, lines: [expect.stringMatching(/id is/)] });
  for (const other of ["export const documents = {};", "export const documents = 5;", "export default 1;"])
    expect(run("other.mjs", other)).toEqual({
      status: 2,
      lines: [expect.stringMatching(/does not export documents/)],
    });
});

test("a module that the command cannot load is told in a line", () => {
  const command = fileURLToPath(new URL("../../dist/documents/command.js", import.meta.url));
  const nowhere = join(tmpdir(), "no-such-documents.mjs");
  const { status, stderr } = spawnSync(process.execPath, [command, "plan", nowhere, "--workspace", "w"], {
    encoding: "utf8",
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^\S+no-such-documents\.mjs cannot be loaded: Cannot find module [^\n]+\n$/);
});
