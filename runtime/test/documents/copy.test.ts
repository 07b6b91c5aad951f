import { randomBytes } from "node:crypto";
import { MongoClient } from "mongodb";
import { z } from "zod";
import { defineCollection, json, type LayoutName, localKeys } from "../../src/documents/index.ts";
import { ALL_LAYOUTS, closeAll, J, J2, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

const client = new MongoClient(server.url);
afterAll(async () => {
  await closeAll();
  await client.close();
});

const keys = localKeys({ current: "k", keys: { k: randomBytes(32) } });
const mail = {
  kind: "mail",
  schema: z.object({ from: z.string(), body: json, size: z.bigint().optional(), at: z.date().optional() }),
  encrypt: ["body"],
  indexes: [{ name: "from", fields: { "data.from": 1 }, unique: true }],
  expires: true,
} as const;
const mails = defineCollection({ ...mail, version: 1 });
/** A newer release's, whose documents this one cannot read. */
const newer = defineCollection({ ...mail, version: 2, migrations: { 1: (data) => data } });
const notes = defineCollection({ kind: "note", version: 1, schema: z.object({ text: z.string() }) });

async function* bytes(text: string) {
  yield Buffer.from(text);
}
const pairs = ALL_LAYOUTS.flatMap((from) =>
  ALL_LAYOUTS.filter((to) => to !== from).map((to): [LayoutName, LayoutName] => [from, to]),
);

test.each(pairs)("a workspace moves from %s to %s while it is in use", async (from, to) => {
  const place = { database: server.database().slice(0, 13) };
  const elsewhere = { database: server.database().slice(0, 13) };
  const open = (
    layout: LayoutName,
    at: { database: string },
    declared: { mails: typeof mails; notes: typeof notes },
  ) => openReal({ layout, collections: declared, keys }, at);
  const source = open(from, place, { mails, notes });
  const target = open(to, elsewhere, { mails, notes });
  const [here, there] = [source.workspace(W), target.workspace(W)];
  const all = here.job(J).collections.mails;
  await all.insert({ from: "a", body: { $x: "secret" }, size: 5n, at: new Date(0) }, { id: "a" });
  await all.insert({ from: "b", body: 1 }, { id: "b", expiresAt: new Date(Date.now() + 3_600_000) });
  await open(from, place, { mails: newer as never, notes })
    .workspace(W)
    .job(J)
    .collections.mails.insert({ from: "c", body: 2 }, { id: "c" });
  await here.job(J2).collections.notes.insert({ text: "x" }, { id: "x" });
  await here.job(J).payloads.write("p", bytes("hello"));
  await source.workspace(W2).job(J).collections.notes.insert({ text: "another's" });
  expect(await source.copyWorkspace(W, target)).toEqual({ copied: 4, deleted: 0, postponed: 0, payloads: 1 });
  expect(await source.copyWorkspace(W, target)).toEqual({ copied: 0, deleted: 0, postponed: 0, payloads: 0 });
  // In use: changed, made, deleted; two that swap what is unique.
  await all.update("a", { size: 6n });
  await all.insert({ from: "d", body: 3 }, { id: "d" });
  await all.delete("b");
  await all.insert({ from: "b", body: "again" }, { id: "b2" });
  await here.job(J2).drop();
  await here.job(J).payloads.delete("p");
  await here.job(J).payloads.write("q", bytes("world"));
  expect(await source.copyWorkspace(W, target)).toEqual({ copied: 3, deleted: 2, postponed: 0, payloads: 2 });
  expect(await source.copyWorkspace(W, target)).toEqual({ copied: 0, deleted: 0, postponed: 0, payloads: 0 });
  for (const id of ["a", "b2", "c", "d"])
    expect(await there.job(J).collections.mails.getRaw(id)).toEqual(await all.getRaw(id));
  expect(await there.job(J).collections.mails.get("a")).toEqual(await all.get("a"));
  const parts: Buffer[] = [];
  for await (const part of there.job(J).payloads.read("q")) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe("world");
  // Nothing of another workspace, and nothing in the clear.
  expect(await target.workspace(W2).job(J).collections.notes.count()).toBe(0);
  const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
  for (const { name } of databases.filter(({ name }) => name.startsWith(elsewhere.database)))
    for (const collection of await client.db(name).collections())
      expect(JSON.stringify(await collection.find().toArray())).not.toContain("secret");
  // It is a place to write to like any other. Where all kinds of a job share a collection, what is unique of one takes a partial index.
  if (to === "collection-per-job" && !server.can("partial indexes")) return;
  await expect(there.job(J).collections.mails.insert({ from: "a", body: 1 })).rejects.toMatchObject({
    name: "DuplicateDocumentError",
  });
});

test("two layouts of one database have the same payloads, which stay", async () => {
  const place = { database: server.database() };
  const source = openReal({ layout: "collection-per-job" }, place);
  const target = openReal({ layout: "shared-collections" }, place);
  await source.workspace(W).job(J).collections.notes.insert({ text: "" }, { id: "n" });
  await source.workspace(W).job(J).payloads.write("p", bytes("hello"));
  expect(await source.copyWorkspace(W, target)).toEqual({ copied: 1, deleted: 0, postponed: 0, payloads: 0 });
  expect(await target.workspace(W).job(J).payloads.info("p")).toMatchObject({ size: 5 });
  expect(await target.workspace(W).job(J).collections.notes.get("n")).not.toBe(null);
  await source.workspace(W).drop({ keepPayloads: true });
  expect(await target.workspace(W).job(J).payloads.info("p")).toMatchObject({ size: 5 });
  expect(await source.workspace(W).job(J).collections.notes.count()).toBe(0);
});

test("when documents expire is copied, too, though it is no other revision", async () => {
  const [source, target] = (["collection-per-job", "shared-collections"] as const).map((layout) =>
    openReal({ layout, collections: { mails, notes }, keys }),
  );
  const [here, there] = [source!.workspace(W).job(J), target!.workspace(W).job(J)];
  await here.collections.mails.insert({ from: "a", body: 1 }, { id: "a" });
  await source!.copyWorkspace(W, target!);
  const pass = async () => {
    const { copied } = await source!.copyWorkspace(W, target!);
    return [copied, (await there.collections.mails.get("a"))?.expiresAt];
  };
  const at = new Date(Date.now() + 3_600_000);
  await here.expire(at);
  expect(await pass()).toEqual([1, at]);
  expect(await pass()).toEqual([0, at]);
  await here.expire(null);
  expect(await pass()).toEqual([1, undefined]);
});
