import { randomBytes } from "node:crypto";
import { BSON, MongoClient } from "mongodb";
import { z } from "zod";
import {
  type BulkItem,
  createDocuments,
  DeclarationError,
  defineCollection,
  genericFilter,
  InvalidDocumentError,
  isReadable,
  json,
  type KeyProvider,
  KeyProviderError,
  localKeys,
  openExport,
  RefusedError,
  UnreadableDocument,
} from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, W, W2 } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

const client = new MongoClient(server.url);
afterAll(async () => {
  await closeAll();
  await client.close();
});

const SECRET = "the customer's secret";
const options = {
  kind: "mail",
  version: 1,
  schema: z.object({
    from: z.string(),
    body: z.record(z.string(), json).optional(),
    note: z.string().nullable().default(null),
    size: z.bigint().optional(),
  }),
} as const;
const mails = defineCollection({
  ...options,
  encrypt: ["body", "note", "size"],
  indexes: [{ name: "from", fields: { "data.from": 1 } }],
});
const inTheClear = defineCollection(options);
const [first, second] = [randomBytes(32), randomBytes(32)];
const both = (current: string) => localKeys({ current, keys: { first, second } });

describe.each(LAYOUTS)("%s", (layout) => {
  const place = { database: server.database().slice(0, 13) };
  const opened = (keys: KeyProvider, declared = { mails }) =>
    openReal({ layout, collections: declared, keys }, place).workspace(W).job(J).collections.mails;
  const all = opened(both("first"));
  const plain = openReal({ layout, collections: { mails: inTheClear } }, place)
    .workspace(W)
    .job(J).collections.mails;
  beforeEach(() => all.deleteMany({}));

  /** What the server holds, in bytes, of everything. */
  async function held(): Promise<string> {
    const texts: string[] = [];
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    for (const { name } of databases.filter(({ name }) => name.startsWith(place.database)))
      for (const { name: collection } of await client.db(name).listCollections().toArray())
        for (const each of await client.db(name).collection(collection).find().toArray())
          texts.push(Buffer.from(BSON.serialize(each)).toString("latin1"));
    return texts.join("\n");
  }

  test("the server never has it, and every way to write and read it gives it back", async () => {
    const body = { text: SECRET, deep: [{ $date: SECRET }] };
    const writes: Record<string, (id: string) => Promise<unknown>> = {
      insert: (id) => all.insert({ from: "a", body, note: SECRET, size: 1n }, { id }),
      upsert: (id) => all.upsert(id, { from: "a", body, note: SECRET, size: 1n }),
      replace: (id) => all.replace(id, { from: "a", body, note: SECRET, size: 1n }),
      "update of fields": (id) => all.update(id, { body, note: SECRET, size: 1n }),
      "update by a function": (id) => all.update(id, (data) => ({ ...data, body, note: SECRET, size: 1n })),
      bulk: (id) =>
        all.bulk([
          { replace: { from: "a", body, note: SECRET, size: 1n }, id },
          { upsert: { from: "a", note: SECRET }, id: `${id} 2` },
          { insert: { from: "a", note: SECRET }, id: `${id} 3` },
        ]),
    };
    for (const [how, write] of Object.entries(writes)) {
      if (how !== "insert" && how !== "upsert") await all.insert({ from: "z" }, { id: how });
      await write(how);
      const expected = {
        from: how.startsWith("update of") || how.endsWith("function") ? "z" : "a",
        body,
        note: SECRET,
        size: 1n,
      };
      expect((await all.get(how))?.data).toEqual(expected);
      expect((await all.getRaw(how))?.data).toEqual(expected);
      expect((await all.find({ id: how }).toArray())[0]?.data).toEqual(expected);
      for await (const { data } of all.find({ id: how })) expect(data).toEqual(expected);
      expect((await all.page({ filter: { id: how }, limit: 1 })).documents[0]?.data).toEqual(expected);
      expect((await all.find({ id: how }, { fields: ["note"] }).toArray())[0]?.data).toEqual({
        note: SECRET,
      });
    }
    expect(await held()).not.toContain(SECRET);
    expect(await held()).toContain("revision");
  });

  test("null and absent stay what they are, and presence can be asked for", async () => {
    await all.insert({ from: "a" }, { id: "without" });
    await all.insert({ from: "a", body: {} }, { id: "with" });
    expect((await all.get("without"))?.data).toEqual({ from: "a", note: null });
    const found = await all.find(genericFilter({ "data.body": { $exists: false } })).toArray();
    expect(found.map(({ id }) => id)).toEqual(["without"]);
  });

  test("what the server cannot compare is refused", async () => {
    for (const filter of [
      { "data.note": SECRET },
      { $or: [{ "data.body.text": "x" }] },
      { "data.size": { $gt: 1 } },
      { $expr: { $eq: ["$data.note", SECRET] } },
      { $expr: { $gt: [{ $getField: { field: "size", input: "$data" } }, 1] } },
      { data: { from: "a", note: SECRET } },
    ])
      for (const ask of [
        () => all.find(genericFilter(filter)).toArray(),
        () => all.count(genericFilter(filter)),
        () => all.deleteMany(genericFilter(filter)),
        () => all.page({ filter: genericFilter(filter), limit: 1 }),
      ])
        await expect((async () => ask())()).rejects.toThrow(RefusedError);
    expect(() => all.find({}, { sort: { "data.note": 1 } as never })).toThrow(RefusedError);
    expect(() => all.find({}, { sort: { data: 1 } as never })).toThrow(RefusedError);
    await expect(all.page({ sort: { "data.size": 1 } as never, limit: 1 })).rejects.toThrow(DeclarationError);
  });

  test("a pipeline has nothing encrypted, and may begin with whether it is there", async () => {
    await all.insert({ from: "a", body: { text: SECRET }, note: SECRET }, { id: "with" });
    await all.insert({ from: "a" }, { id: "without" });
    const aggregated = (stages: readonly object[]) => all.aggregate(stages, z.unknown()).toArray();
    expect(
      await aggregated([{ $match: { "data.body": { $exists: true } } }, { $project: { _id: 0, data: 1 } }]),
    ).toEqual([{ data: { from: "a" } }]);
    expect(BSON.EJSON.stringify(await aggregated([]))).not.toContain("$binary");
    expect(() => aggregated([{ $group: { _id: "$data.note" } }])).toThrow(RefusedError);
  });

  server.testWith("groups with $push")("a group of whole documents has nothing encrypted", async () => {
    await all.insert({ from: "a", body: { text: SECRET }, note: SECRET });
    const group = { $group: { _id: "$data.from", all: { $push: "$$ROOT" } } };
    const whole = await all.aggregate([group], z.unknown()).toArray();
    expect(whole).toHaveLength(1);
    expect(BSON.EJSON.stringify(whole)).not.toContain("$binary");
  });

  test("a rotation: what was written stays readable, is written anew, and then the old key may go", async () => {
    await plain.insert({ from: "a", note: "written before" }, { id: "clear" });
    await all.insert({ from: "a", note: "old" }, { id: "old" });
    const rotated = opened(both("second"));
    await rotated.insert({ from: "a", note: "new" }, { id: "new" });
    const notes = async (from: typeof all) =>
      (await from.find({}, { sort: { id: 1 } }).toArray()).map((each) => isReadable(each) && each.data.note);
    expect(await notes(rotated)).toEqual(["written before", "new", "old"]);
    expect(await notes(all)).toEqual(["written before", "new", "old"]);
    const alone = () => opened(localKeys({ current: "second", keys: { second } }));
    expect(await notes(alone())).toEqual(["written before", "new", false]);
    expect(await rotated.reencrypt()).toBe(2);
    expect(await rotated.reencrypt()).toBe(0);
    expect(await notes(alone())).toEqual(["written before", "new", "old"]);
    expect(await held()).not.toContain("written before");
  });

  test("with its key gone a document is unreadable, in lists and alone", async () => {
    await all.insert({ from: "a", note: SECRET }, { id: "x" });
    const later = opened(localKeys({ current: "second", keys: { second } }));
    await expect(later.get("x")).rejects.toThrow(/note: its key has been destroyed/);
    expect((await later.find().toArray())[0]).toBeInstanceOf(UnreadableDocument);
    // Its other fields can be read.
    expect((await later.find({}, { fields: ["from"] }).toArray())[0]?.data).toEqual({ from: "a" });
    expect((await later.find({ "data.from": "a" }).toArray()).length).toBe(1);
    await later.repair("x", ({ data }) => ({ from: (data as { from: string }).from }));
    expect((await later.get("x"))?.data).toEqual({ from: "a", note: null });
  });

  test("what was moved from one document to another is not read", async () => {
    await all.insert({ from: "a", note: "mine" }, { id: "a" });
    await all.insert({ from: "b", note: "yours" }, { id: "b" });
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    for (const { name } of databases.filter(({ name }) => name.startsWith(place.database)))
      for (const { name: collection } of await client.db(name).listCollections().toArray()) {
        const handle = client.db(name).collection<{ _id: string; data: { note: unknown } }>(collection);
        const [theirs, ours] = [await handle.findOne({ _id: /b$/ }), await handle.findOne({ _id: /a$/ })];
        if (theirs !== null && ours !== null)
          await handle.updateOne({ _id: ours._id }, { $set: { "data.note": theirs.data.note } });
      }
    await expect(all.get("a")).rejects.toThrow(InvalidDocumentError);
    await expect(all.get("a")).rejects.toThrow(/changed, or is another document's/);
    expect((await all.get("b"))?.data.note).toBe("yours");
  });

  test("an export is in the clear, and an import is encrypted for its place", async () => {
    await all.insert({ from: "a", note: SECRET }, { id: "x" });
    const documents = openReal({ layout, collections: { mails }, keys: both("second") }, place);
    const lines: string[] = [];
    for await (const line of documents.workspace(W).job(J).export()) lines.push(line);
    expect(lines.join("")).toContain(SECRET);
    const job = documents.workspace(W2).job(J2);
    expect(await job.import((await openExport(lines)).lines)).toMatchObject({ imported: 1, refused: [] });
    expect((await job.collections.mails.get("x"))?.data.note).toBe(SECRET);
    expect(await held()).not.toContain(SECRET);
    await documents.workspace(W2).drop();
  });

  test("a provider that fails writes nothing, and says so", async () => {
    let down = true;
    const keys = both("first");
    const broken = opened({
      wrap: (...rest) => (down ? Promise.reject(new Error("503")) : keys.wrap(...rest)),
      unwrap: (...rest) => (down ? Promise.reject(new Error("503")) : keys.unwrap(...rest)),
    });
    await all.insert({ from: "a", note: "n" }, { id: "x" });
    const items: BulkItem<z.input<typeof options.schema>>[] = [{ insert: { from: "b", note: "n" } }];
    for (const ask of [
      () => broken.insert({ from: "b", note: "n" }),
      () => broken.upsert("x", { from: "b", note: "n" }),
      () => broken.bulk(items),
      () => broken.get("x"),
      () => broken.find().toArray(),
    ])
      await expect(ask()).rejects.toThrow(KeyProviderError);
    expect(await all.count()).toBe(1);
    down = false;
    expect((await broken.get("x"))?.data.note).toBe("n");
    await broken.insert({ from: "b", note: "m" });
  });
});

server.testWith("change streams")("changes come decrypted", async () => {
  const all = openReal({ collections: { mails }, keys: both("first") })
    .workspace(W)
    .job(J).collections.mails;
  await all.insert({ from: "a" });
  const changes = all.watch();
  const next = changes.next();
  let written = 0;
  const writing = setInterval(
    () => void all.insert({ from: "b", note: `n${written++}` }).catch(() => {}),
    50,
  );
  const { value } = await next;
  clearInterval(writing);
  await changes.return();
  expect(value).toMatchObject({ type: "insert", document: { data: { note: /^n/ } } } as never);
});

test("keys are asked for seldom, and one workspace's open nothing of another's", async () => {
  const keys = both("first");
  const asked: string[] = [];
  const counting: KeyProvider = {
    wrap(key, workspace) {
      asked.push(`wrap ${workspace}`);
      return keys.wrap(key, workspace);
    },
    unwrap(key, workspace) {
      asked.push(`unwrap ${workspace}`);
      return keys.unwrap(key, workspace);
    },
  };
  const documents = openReal({ collections: { mails }, keys: counting });
  for (const workspace of [W, W2])
    for (let i = 0; i < 20; i++) {
      const { id } = await documents
        .workspace(workspace)
        .job(J)
        .collections.mails.insert({ from: "a", note: "n" });
      await documents.workspace(workspace).job(J).collections.mails.get(id);
    }
  expect(asked.sort()).toEqual([`unwrap ${W}`, `unwrap ${W2}`, `wrap ${W}`, `wrap ${W2}`]);
  const wrapped = await keys.wrap(randomBytes(32), W);
  await expect(keys.unwrap(wrapped, W2)).rejects.toThrow();
});

test("a declaration that cannot be kept is refused", () => {
  const define = (more: object) => () => defineCollection({ ...options, ...more } as never);
  expect(define({ encrypt: ["nothing"] })).toThrow(/no field that could be encrypted/);
  expect(define({ encrypt: ["body"], indexes: [{ name: "b", fields: { "data.body.text": 1 } }] })).toThrow(
    /is encrypted, and has no order/,
  );
  expect(define({ encrypt: ["body"], indexes: [{ name: "b", fields: { data: 1 } }] })).toThrow(
    /is encrypted, and has no order/,
  );
  expect(() => createDocuments({ url: server.url, database: "d" }, { collections: { mails } })).toThrow(
    /mail documents are encrypted, and there are no `keys`/,
  );
  expect(() => localKeys({ current: "a", keys: { a: randomBytes(16) } })).toThrow(/16 bytes, not 32/);
  expect(() => localKeys({ current: "b", keys: { a: first } })).toThrow(/no key "b"/);
});
