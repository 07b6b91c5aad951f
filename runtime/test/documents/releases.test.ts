import { MongoClient } from "mongodb";
import { z } from "zod";
import {
  DocumentConflictError,
  DocumentNotFoundError,
  DocumentTooNewError,
  defineCollection,
  InvalidDocumentError,
  isReadable,
  type LayoutName,
  PoolClosedError,
  UnreadableDocument,
} from "../../src/documents/index.ts";
import { closeAll, J, LAYOUTS, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const item = z.object({ sku: z.string() });
/** One release, its next of the same version, and the one after with a new version. */
const first = defineCollection({
  kind: "task",
  version: 1,
  schema: z.object({ name: z.string(), size: z.int().default(0), items: z.array(item).default([]) }),
});
const second = defineCollection({
  kind: "task",
  version: 1,
  schema: z.object({
    name: z.string(),
    size: z.int().default(0),
    items: z.array(item.extend({ price: z.int().optional() })).default([]),
    note: z.string().optional(),
  }),
});
const third = defineCollection({
  kind: "task",
  version: 2,
  schema: z.object({ name: z.string(), tenths: z.int(), note: z.string().optional() }),
  migrations: { 1: ({ size, ...rest }) => ({ ...rest, tenths: Number(size ?? 0) * 10 }) },
});

const databases = new Map<object, string>();
function databaseOf(collection: object): string {
  const name = databases.get(collection);
  if (name === undefined) throw new Error("not opened here");
  return name;
}

const releases = (layout: LayoutName) => {
  const database = server.database().slice(0, 13);
  const open = <D extends { tasks: typeof first | typeof second | typeof third }>(collections: D) =>
    openReal({ collections, layout }, { database });
  const [a, b, c] = [open({ tasks: first }), open({ tasks: second }), open({ tasks: third })] as const;
  const result = {
    older: a.workspace(W).job(J).collections.tasks,
    newer: b.workspace(W).job(J).collections.tasks,
    newest: c.workspace(W).job(J).collections.tasks,
  };
  databases.set(result.older, database);
  return result;
};

describe.each(LAYOUTS)("%s, releases side by side", (layout) => {
  const { older, newer, newest } = releases(layout);
  beforeEach(async () => {
    await newest.deleteMany({});
  });
  const precious = {
    name: "a",
    note: "keep me",
    items: [
      { sku: "x", price: 5 },
      { sku: "y", price: 7 },
    ],
  };

  test.each<[string, () => Promise<unknown>]>([
    ["update of a field", () => older.update("1", { name: "b" })],
    ["update by a function", () => older.update("1", (data) => ({ ...data, name: "b" }))],
    ["replace", () => older.replace("1", { name: "b", items: precious.items })],
    ["upsert", () => older.upsert("1", { name: "b", items: precious.items })],
    ["repair", () => older.repair("1", () => ({ name: "b", items: precious.items }))],
    ["bulk replace", () => older.bulk([{ replace: { name: "b", items: precious.items }, id: "1" }])],
    ["bulk upsert", () => older.bulk([{ upsert: { name: "b", items: precious.items }, id: "1" }])],
  ])("fields of a newer release with the same version are kept by %s", async (_, write) => {
    await newer.insert(precious, { id: "1" });
    await write();
    expect((await newer.get("1"))?.data).toMatchObject({ name: "b", note: "keep me" });
    await newer.insert({ name: "c", note: "x" });
  });

  test("they are kept inside, as far as it can be told what they belong to", async () => {
    await newer.insert(precious, { id: "1" });
    await older.update("1", ({ items, ...data }) => ({ ...data, items: [...items].reverse() }));
    expect((await newer.get("1"))?.data.items).toEqual([
      { sku: "y", price: 7 },
      { sku: "x", price: 5 },
    ]);
    await older.update("1", ({ items, ...data }) => ({ ...data, items: items.slice(1) }));
    expect((await newer.get("1"))?.data.items).toEqual([{ sku: "x", price: 5 }]);
    await older.update("1", ({ items, ...data }) => ({ ...data, items: items.map(() => ({ sku: "z" })) }));
    expect((await newer.get("1"))?.data.items).toEqual([{ sku: "z" }]);
  });

  test.each<[string, (items: { sku: string }[]) => void, unknown[]]>([
    [
      "turned round",
      (items) => items.reverse(),
      [
        { sku: "y", price: 7 },
        { sku: "x", price: 5 },
      ],
    ],
    ["taken from", (items) => items.shift(), [{ sku: "y", price: 7 }]],
    [
      "added to",
      (items) => items.unshift({ sku: "w" }),
      [{ sku: "w" }, { sku: "x", price: 5 }, { sku: "y", price: 7 }],
    ],
    [
      "changed in place",
      (items) => {
        items[0]!.sku = "w";
      },
      [{ sku: "w" }, { sku: "y", price: 7 }],
    ],
  ])("they stay with their elements where the array is %s in place", async (_, change, expected) => {
    await newer.insert(precious, { id: "1" });
    await older.update("1", (data) => {
      change(data.items);
      return data;
    });
    expect((await newer.get("1"))?.data.items).toEqual(expected);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["replace", () => older.replace("1", { name: "b", items: [{ sku: "x" }] })],
    ["upsert", () => older.upsert("1", { name: "b", items: [{ sku: "x" }] })],
    ["bulk replace", () => older.bulk([{ replace: { name: "b", items: [{ sku: "x" }] }, id: "1" }])],
    ["bulk upsert", () => older.bulk([{ upsert: { name: "b", items: [{ sku: "x" }] }, id: "1" }])],
  ])("a declared field is put as a whole by %s, which has not read it", async (_, write) => {
    await newer.insert(precious, { id: "1" });
    await write();
    expect((await newer.get("1"))?.data).toEqual({
      name: "b",
      size: 0,
      note: "keep me",
      items: [{ sku: "x" }],
    });
  });

  test("what stands there without data is replaced, and never sinks a bulk", async () => {
    const raw = new MongoClient(server.url);
    try {
      const database = databaseOf(older);
      const db = raw.db(layout === "database-per-workspace" ? `${database}-${W}` : database);
      const [name] = (await db.listCollections().toArray()).map((each) => each.name);
      const empty = async (id: string) => {
        await older.insert({ name: "a" }, { id });
        const change = { $set: { data: null } };
        const ofDocument = { _id: { $regex: `/${id}$` } } as never;
        await db.collection(name!).updateOne(ofDocument, change, { bypassDocumentValidation: true });
        expect((await older.getRaw(id))?.data).toBeNull();
      };
      for (const id of ["1", "2", "3", "4"]) await empty(id);
      const data = { name: "b", size: 1, items: [] };
      await older.replace("1", data);
      await older.upsert("2", data);
      await older.repair("3", () => data);
      const outcomes = await older.bulk([
        { upsert: data, id: "4" },
        { insert: data, id: "5" },
      ]);
      expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
        "InvalidDocumentError",
        "ok",
      ]);
      for (const id of ["1", "2", "3", "5"]) expect((await older.get(id))?.data).toEqual(data);
    } finally {
      await raw.close();
    }
  });

  test.each<[string, () => Promise<unknown>]>([
    ["update", () => newest.update("1", { name: "b" })],
    ["replace", () => newest.replace("1", { name: "b", tenths: 1 })],
    ["upsert", () => newest.upsert("1", { name: "b", tenths: 1 })],
    ["repair", () => newest.repair("1", () => ({ name: "b", tenths: 1 }))],
    ["bulk replace", () => newest.bulk([{ replace: { name: "b", tenths: 1 }, id: "1" }])],
    ["bulk upsert", () => newest.bulk([{ upsert: { name: "b", tenths: 1 }, id: "1" }])],
    [
      "bulk upsert in order",
      () => newest.bulk([{ upsert: { name: "b", tenths: 1 }, id: "1" }], { ordered: true }),
    ],
  ])("nothing of an older version is left by %s", async (_, write) => {
    const { createdAt } = await older.insert({ name: "a", size: 0 }, { id: "1" });
    await write();
    const raw = await newest.getRaw("1");
    expect(raw).toMatchObject({ version: 2, createdAt });
    expect(raw?.data).not.toHaveProperty("size");
    expect((await newest.get("1"))?.data.name).toBe("b");
  });

  test("a replacement of a newer version finds what is there, and what is not", async () => {
    const data = { name: "b", tenths: 1 };
    await expect(newest.replace("1", data)).rejects.toThrow(DocumentNotFoundError);
    const { revision } = await newest.upsert("1", data);
    expect(await newest.getRaw("1")).toMatchObject({ version: 2, revision, data });
    await expect(newest.replace("1", data, { revision: "x" })).rejects.toThrow(DocumentConflictError);
    const old = await older.insert({ name: "a" }, { id: "2" });
    await expect(newest.replace("2", data, { revision })).rejects.toThrow(DocumentConflictError);
    await newest.replace("2", data, { revision: old.revision });
    await older.insert({ name: "a" }, { id: "3" });
    const outcomes = await newest.bulk([
      { replace: data, id: "1" },
      { replace: data, id: "3" },
      { replace: data, id: "4" },
      { upsert: data, id: "5" },
    ]);
    expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
      "ok",
      "ok",
      "DocumentNotFoundError",
      "ok",
    ]);
    const all = await newest.find({}, { sort: { id: 1 } }).toArray();
    expect(all.map(({ id, data }) => [id, data])).toEqual(["1", "2", "3", "5"].map((id) => [id, data]));
  });

  test("a field that is known and taken away is gone", async () => {
    await newer.insert(precious, { id: "1" });
    await newer.replace("1", { name: "b" });
    expect((await newer.get("1"))?.data).toEqual({ name: "b", size: 0, items: [] });
  });

  test.each<[string, () => Promise<unknown>]>([
    ["update", () => older.update("1", { name: "old" })],
    ["replace", () => older.replace("1", { name: "old" })],
    ["upsert", () => older.upsert("1", { name: "old" })],
    ["repair", () => older.repair("1", () => ({ name: "old" }))],
    ["get", () => older.get("1")],
  ])("a newer document is not downgraded by %s", async (_, write) => {
    const { revision } = await newest.insert({ name: "new", tenths: 1, note: "n" }, { id: "1" });
    await expect(write()).rejects.toThrow(DocumentTooNewError);
    expect(await newest.get("1")).toMatchObject({ revision, data: { name: "new", tenths: 1, note: "n" } });
  });

  // FerretDB reports no error of an upsert among others.
  server.testWith("atomic conditional updates")("nor by bulk, which does the rest", async () => {
    const { revision } = await newest.insert({ name: "new", tenths: 1 }, { id: "1" });
    await newest.insert({ name: "new", tenths: 2 }, { id: "2" });
    await older.insert({ name: "old" }, { id: "3" });
    const outcomes = await older.bulk([
      { replace: { name: "x" }, id: "1" },
      { upsert: { name: "x" }, id: "2" },
      { upsert: { name: "x" }, id: "3" },
      { upsert: { name: "x" }, id: "4" },
      { replace: { name: "x" }, id: "5" },
    ]);
    expect(outcomes.map((each) => (each.ok ? "ok" : each.error.name))).toEqual([
      "DocumentTooNewError",
      "DocumentTooNewError",
      "ok",
      "ok",
      "DocumentNotFoundError",
    ]);
    expect(await newest.get("1")).toMatchObject({ revision, data: { tenths: 1 } });
    expect((await newest.get("2"))?.data).toEqual({ name: "new", tenths: 2 });
  });

  test("lists give newer documents as what they are, and go on behind them", async () => {
    for (const id of ["1", "3"]) await older.insert({ name: id }, { id });
    await newest.insert({ name: "2", tenths: 1 }, { id: "2" });
    const check = (list: readonly { readonly id: string; readonly data: unknown }[]) => {
      expect(list.map(({ id }) => id).sort()).toEqual(["1", "2", "3"]);
      for (const document of list) {
        expect(isReadable(document as never)).toBe(document.id !== "2");
        if (document.id !== "2") expect(document.data).toMatchObject({ name: document.id });
        else {
          expect(() => document.data).toThrow(DocumentTooNewError);
          expect((document as UnreadableDocument).stored).toMatchObject({ version: 2, data: { tenths: 1 } });
        }
      }
    };
    check(await older.find().toArray());
    check(await older.getMany(["1", "2", "3"]));
    check(await older.find({}, { fields: ["name"] }).toArray());
    const iterated = [];
    for await (const each of older.find()) iterated.push(each);
    check(iterated);
    const paged = [];
    for (let after: string | undefined; ; ) {
      const { documents, next } = await older.page({ limit: 1, sort: { "data.name": 1 }, after });
      paged.push(...documents);
      if (next === null) break;
      after = next;
    }
    check(paged);
  });

  test("one that is not what its declaration says is read raw, and repaired", async () => {
    // FerretDB takes two objects for the same whose values are, whatever their keys: no value that stays.
    await older.insert({ name: "1", size: 3 }, { id: "1" });
    await newest.rewriteOlder();
    expect(await older.getRaw("1")).toMatchObject({ id: "1", version: 2, data: { name: "1", tenths: 30 } });
    expect(await older.getRaw("none")).toBeNull();
    // The newest with a schema that refuses what it has written itself.
    const strict = defineCollection({
      kind: "task",
      version: 2,
      schema: z.object({ name: z.string(), tenths: z.int().max(10) }),
      migrations: { 1: () => ({ name: "", tenths: "none" }) },
    });
    const place = { database: databaseOf(older) };
    const tasks = openReal({ collections: { tasks: strict }, layout }, place)
      .workspace(W)
      .job(J).collections.tasks;
    await older.insert({ name: "2" }, { id: "2" });
    await expect(tasks.get("1")).rejects.toThrow(InvalidDocumentError);
    const list = await tasks.find({}, { sort: { id: 1 } }).toArray();
    expect(list.map((each) => each instanceof UnreadableDocument)).toEqual([true, true]);
    for (const { id } of list)
      await tasks.repair(id, ({ data }) => ({ name: String((data as { name: unknown }).name), tenths: 10 }));
    expect((await tasks.find({}, { sort: { id: 1 } }).toArray()).map(({ data }) => data)).toEqual([
      { name: "1", tenths: 10 },
      { name: "2", tenths: 10 },
    ]);
  });

  server.testWith("change streams")("watch goes on behind a newer document", async () => {
    await older.insert({ name: "0" }, { id: "0" });
    const abort = new AbortController();
    const seen: [string, boolean][] = [];
    const stream = older.watch({ maxAwaitTime: 50, signal: abort.signal });
    const opened = stream.next();
    for (;;) {
      await older.upsert("0", { name: "0" });
      if (
        await Promise.race([
          opened.then(() => true),
          new Promise((resolve) => setTimeout(resolve, 50, false)),
        ])
      )
        break;
    }
    await newest.insert({ name: "1", tenths: 1 }, { id: "1" });
    await older.insert({ name: "2" }, { id: "2" });
    while (seen.at(-1)?.[0] !== "2") {
      const { value } = await stream.next();
      if (value === undefined || value.type === "delete" || value.type === "dropped")
        throw new Error("ended");
      seen.push([value.id, value.document !== null && isReadable(value.document)]);
      expect(value.resumeToken).toEqual(expect.any(String));
    }
    abort.abort();
    expect(seen.slice(-2)).toEqual([
      ["1", false],
      ["2", true],
    ]);
  });

  test.each([1, -1] as const)("pages follow what is stored, not what is read (%d)", async (direction) => {
    for (let i = 0; i < 10; i++) await older.insert({ name: "t", size: i }, { id: `d${i}` });
    const ranked = defineCollection({
      kind: "task",
      version: 1,
      schema: z.object({ size: z.int(), rank: z.int().default(5), title: z.string().trim().default("x") }),
    });
    const place = { database: databaseOf(older) };
    const { tasks } = openReal({ collections: { tasks: ranked }, layout }, place)
      .workspace(W)
      .job(J).collections;
    await tasks.insert({ size: 3, rank: 1 }, { id: "e" });
    for (const list of [
      (after?: string) => tasks.page({ limit: 3, sort: { "data.rank": direction }, after }),
      (after?: string) => newest.page({ limit: 3, sort: { "data.tenths": direction }, after }),
      (after?: string) =>
        tasks.page({ limit: 3, sort: { "data.title": direction, "data.rank": direction }, after }),
    ]) {
      const ids: string[] = [];
      for (let after: string | undefined; ids.length < 40; ) {
        const { documents, next } = await list(after);
        ids.push(...documents.map(({ id }) => id));
        if (next === null) break;
        after = next;
      }
      expect(ids.sort()).toEqual(["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "e"]);
    }
  });
});

test("a loop that closing has ended is an error, and no short list", async () => {
  const documents = openReal({ collections: { tasks: first } });
  const { tasks } = documents.workspace(W).job(J).collections;
  await tasks.bulk(Array.from({ length: 200 }, (_, i) => ({ insert: { name: String(i) } })));
  const aggregate = () => tasks.aggregate([], z.unknown());
  const open = [() => tasks.find({}, { batchSize: 10 }), aggregate];
  const loops = open.map(async (open) => {
    let seen = 0;
    for await (const _ of open()) if (++seen === 15) await documents.close();
  });
  for (const { reason } of (await Promise.allSettled(loops)) as { reason?: unknown }[])
    expect(reason).toBeInstanceOf(PoolClosedError);
});
