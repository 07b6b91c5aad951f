import { z } from "zod";
import {
  DocumentCommandError,
  DocumentConflictError,
  DocumentNotFoundError,
  DuplicateDocumentError,
  InvalidDocumentError,
  RefusedError,
} from "../../src/documents/index.ts";
import { closeAll, J, J2, LAYOUTS, message, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

test.each([0, -1, 1.5, Number.NaN, 2 ** 60])(
  "a limit of %d is refused, which could mean all",
  async (limit) => {
    const { notes } = openReal().workspace(W).job(J).collections;
    for (const options of [{ limit }, { batchSize: limit }])
      expect(() => notes.find({}, options)).toThrow(RefusedError);
    await expect(notes.page({ limit })).rejects.toThrow(RefusedError);
  },
);

test.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e12])("a timeout of %d ms is a long one", async (timeout) => {
  const { notes } = openReal().workspace(W).job(J).collections;
  expect(await notes.count({}, { timeout })).toBe(0);
  await expect(notes.count({}, { timeout: Number.NaN })).rejects.toThrow(RangeError);
});

describe.each(LAYOUTS)("%s", (layout) => {
  const documents = openReal({ layout });
  const { messages, notes } = documents.workspace(W).job(J).collections;
  beforeEach(async () => {
    await messages.deleteMany({});
    await notes.deleteMany({});
  });

  test("what is inserted is what is read, of every type", async () => {
    const data = {
      provider: "outlook",
      externalId: "a",
      subject: "é\u0000 😀",
      unread: false,
      importance: 3,
      receivedAt: new Date("1969-12-31T23:59:59.999Z"),
      tags: ["x", ""],
      from: { address: "a@example.com" },
      size: 9_007_199_254_740_993n,
    };
    const inserted = await messages.insert(data, { id: "an id/with a slash" });
    expect(inserted.data).toEqual(data);
    expect(await messages.get("an id/with a slash")).toEqual(inserted);
    const small = await messages.insert(message({ size: 1n }));
    expect((await messages.get(small.id))?.data.size).toBe(1n);
  });

  test("defaults are stored, and an absent field stays absent", async () => {
    const { id } = await messages.insert(message({ subject: undefined }));
    const read = await messages.get(id);
    expect(read?.data).toMatchObject({ unread: true, importance: null, tags: [] });
    expect(read?.data).not.toHaveProperty("subject");
    expect(read).not.toHaveProperty("expiresAt");
  });

  test("what is not there is null", async () => {
    expect(await messages.get("nothing")).toBeNull();
  });

  test("an id that is no text is refused", async () => {
    for (const id of [{ $gt: "" }, "", "a\0b", 1, undefined])
      await expect(messages.get(id as never)).rejects.toThrow(RefusedError);
  });

  test("the same id twice is a duplicate; of another kind it is not", async () => {
    await messages.insert(message(), { id: "x" });
    await expect(messages.insert(message(), { id: "x" })).rejects.toThrow(DuplicateDocumentError);
    await notes.insert({ text: "t" }, { id: "x" });
    expect((await notes.get("x"))?.data).toEqual({ text: "t" });
  });

  const unique = layout === "collection-per-job" ? server.testWith("partial indexes") : test;
  unique("a unique index holds within the job, and not beyond it", async () => {
    const other = documents.workspace(W).job(J2).collections.messages;
    const same = message();
    await messages.insert(same);
    const error = await messages.insert(same).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DuplicateDocumentError);
    expect(String(error)).not.toContain(same.externalId);
    await other.insert(same);
    await notes.insert({ text: "has no external id" });
    await notes.insert({ text: "nor has this" });
  });

  server.testWith("names of duplicate indexes")("a duplicate names the index", async () => {
    const same = message();
    await messages.insert(same);
    await expect(messages.insert(same)).rejects.toMatchObject({ index: "external" });
  });

  test("what is invalid is named by its path, and nothing is written", async () => {
    const bad = { provider: 1, externalId: "e", from: { address: "no address" }, tags: ["a", 2] };
    const error = await messages.insert(bad as never).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect((error as InvalidDocumentError).issues.map(({ path }) => path)).toEqual([
      ["provider"],
      ["tags", 1],
      ["from", "address"],
    ]);
    expect(String(error)).toContain("from.address: ");
    expect(String(error)).not.toContain("no address");
    expect(await messages.count()).toBe(0);
  });

  test("upsert inserts, then replaces; the time of creation stays", async () => {
    const first = await messages.upsert("u", message({ subject: "one" }));
    const second = await messages.upsert("u", message({ unread: false }));
    expect(second.createdAt).toEqual(first.createdAt);
    expect(second.revision).not.toBe(first.revision);
    expect(await messages.get("u")).toEqual(second);
    expect(second.data).not.toHaveProperty("subject");
    expect(await messages.count()).toBe(1);
  });

  test("upserts at the same time make one document", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => notes.upsert("same", { text: String(i) })));
    expect(await notes.count()).toBe(1);
  });

  test("a lost update is an error, and nothing is written", async () => {
    const { revision } = await notes.insert({ text: "first" }, { id: "n" });
    await notes.replace("n", { text: "mine" }, { revision });
    for (const attempt of [
      notes.replace("n", { text: "lost" }, { revision }),
      notes.update("n", { text: "lost" }, { revision }),
      notes.upsert("n", { text: "lost" }, { revision }),
      notes.delete("n", { revision }),
    ])
      await expect(attempt).rejects.toThrow(DocumentConflictError);
    expect((await notes.get("n"))?.data).toEqual({ text: "mine" });
  });

  test("deleted and made anew, a document does not take writes meant for the old one", async () => {
    const { revision } = await notes.insert({ text: "old" }, { id: "n" });
    await notes.delete("n");
    await notes.insert({ text: "new" }, { id: "n" });
    await expect(notes.replace("n", { text: "lost" }, { revision })).rejects.toThrow(DocumentConflictError);
  });

  test("what is not there can be neither replaced nor updated", async () => {
    await expect(notes.replace("none", { text: "" })).rejects.toThrow(DocumentNotFoundError);
    await expect(notes.replace("none", { text: "" }, { revision: "r" })).rejects.toThrow(
      DocumentNotFoundError,
    );
    await expect(notes.upsert("none", { text: "" }, { revision: "r" })).rejects.toThrow(
      DocumentNotFoundError,
    );
    await expect(notes.update("none", {})).rejects.toThrow(DocumentNotFoundError);
    expect(await notes.delete("none")).toBe(false);
    expect(await notes.delete("none", { revision: "r" })).toBe(false);
  });

  server.testWith("atomic conditional updates")("no update is lost among many that try again", async () => {
    await notes.insert({ text: "", number: 0 }, { id: "counter" });
    const up = () =>
      notes.update("counter", (data) => ({ ...data, number: (data.number ?? 0) + 1 }), { attempts: 100 });
    await Promise.all(Array.from({ length: 10 }, up));
    expect((await notes.get("counter"))?.data.number).toBe(10);
  });

  test("an update is checked as a whole", async () => {
    await messages.insert(message(), { id: "m" });
    await expect(messages.update("m", { importance: 10 })).rejects.toThrow(/importance/);
    const updated = await messages.update("m", { importance: 9 });
    expect(await messages.get("m")).toEqual(updated);
  });

  test("the time of expiry is set, kept and taken away", async () => {
    const at = new Date("2099-01-01T00:00:00Z");
    await messages.insert(message(), { id: "e", expiresAt: at });
    await messages.update("e", { subject: "s" });
    expect((await messages.get("e"))?.expiresAt).toEqual(at);
    await messages.update("e", {}, { expiresAt: null });
    expect(await messages.get("e")).not.toHaveProperty("expiresAt");
    await expect(notes.insert({ text: "" }, { expiresAt: at })).rejects.toThrow(/do not expire/);
  });

  test("finds by filter, in order, as many as wanted, and only the fields wanted", async () => {
    for (const importance of [3, 1, 2])
      await messages.insert(message({ importance, subject: `s${importance}` }));
    const found = await messages
      .find(
        { "data.importance": { $gte: 2 }, $or: [{ "data.subject": "s2" }, { "data.subject": "s3" }] },
        { sort: { "data.importance": 1 }, limit: 5, fields: ["importance"] },
      )
      .toArray();
    expect(found.map(({ data }) => data)).toEqual([{ importance: 2 }, { importance: 3 }]);
    expect(await messages.count({ "data.importance": { $lt: 3 } })).toBe(2);
    expect(await messages.find({ "data.subject": "none" }).toArray()).toEqual([]);
    // @ts-expect-error a path that is not there
    messages.find({ "data.importence": 1 });
    // @ts-expect-error a value of another type
    messages.find({ "data.importance": "high" });
  });

  test("gets many by id", async () => {
    for (const id of ["a", "b", "c"]) await notes.insert({ text: id }, { id });
    const many = Array.from({ length: 40_000 }, (_, i) => `${i}`.padEnd(500, "x"));
    const found = await notes.getMany(["a", ...many, "c", "none"]);
    expect(found.map(({ id }) => id).sort()).toEqual(["a", "c"]);
    await expect(notes.count({ id: { $in: many } })).rejects.toThrow(DocumentCommandError);
  });

  test("reads one batch after the other, and may stop early", async () => {
    await notes.bulk(Array.from({ length: 25 }, (_, i) => ({ insert: { text: "", number: i } })));
    let seen = 0;
    for await (const { data } of notes.find({}, { batchSize: 10, sort: { "data.number": 1 } }))
      expect(data.number).toBe(seen++);
    expect(seen).toBe(25);
    for await (const _ of notes.find({}, { batchSize: 2 })) if (--seen < 22) break;
    expect(seen).toBe(21);
  });

  test("a filter of undefined is refused: it would match everything", async () => {
    await notes.insert({ text: "keep" });
    await expect(notes.deleteMany({ "data.text": undefined as never })).rejects.toThrow(RefusedError);
    expect(await notes.count()).toBe(1);
  });

  test("aggregates, and checks what comes out", async () => {
    for (const [provider, importance] of [
      ["a", 1],
      ["a", 2],
      ["b", 3],
    ] as const)
      await messages.insert(message({ provider, importance }));
    const pipeline = [
      { $group: { _id: "$data.provider", sum: { $sum: "$data.importance" } } },
      { $sort: { _id: 1 } },
    ];
    const schema = z.object({ _id: z.string(), sum: z.number() });
    const rows = await messages.aggregate(pipeline, schema).toArray();
    expect(rows).toEqual([
      { _id: "a", sum: 3 },
      { _id: "b", sum: 3 },
    ]);
    const other = messages.aggregate(pipeline, z.object({ _id: z.number() }));
    await expect(other.toArray()).rejects.toThrow(InvalidDocumentError);
    let streamed = 0;
    for await (const row of messages.aggregate(pipeline, schema)) streamed += row.sum;
    expect(streamed).toBe(6);
  });
});
