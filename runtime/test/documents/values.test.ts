import { BSON } from "mongodb";
import { z } from "zod";
import {
  defineCollection,
  InvalidDocumentError,
  RefusedError,
  solitudeCollections,
} from "../../src/documents/index.ts";
import { closeAll, J, LAYOUTS, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const tasks = defineCollection({
  kind: "task",
  version: 1,
  schema: z.object({ n: z.int(), any: z.unknown().optional() }),
  expires: true,
});
const open = (layout = LAYOUTS[0]!) => openReal({ collections: { tasks }, layout }).workspace(W).job(J);
const invalid = new Date(Number.NaN);

describe.each(LAYOUTS)("%s", (layout) => {
  const job = open(layout);
  const { tasks } = job.collections;
  beforeEach(async () => {
    await tasks.deleteMany({});
    await tasks.insert({ n: 1 }, { id: "1" });
  });

  test("what compares with nothing, or with 1970, finds and deletes nothing", async () => {
    const filters = [undefined, null, { createdAt: { $gt: invalid } }, { "data.n": undefined }] as never[];
    for (const filter of filters) await expect(tasks.deleteMany(filter)).rejects.toThrow(RefusedError);
    await expect(tasks.count({ createdAt: { $gt: invalid } })).rejects.toThrow(RefusedError);
    await expect(tasks.page({ filter: { createdAt: { $gt: invalid } }, limit: 1 })).rejects.toThrow(
      RefusedError,
    );
    expect(await tasks.count()).toBe(1);
  });

  test("a time that is none is no time for the server to delete at", async () => {
    await expect(tasks.insert({ n: 2 }, { expiresAt: invalid })).rejects.toThrow(RefusedError);
    await expect(tasks.upsert("1", { n: 2 }, { expiresAt: invalid })).rejects.toThrow(RefusedError);
    await expect(tasks.update("1", { n: 2 }, { expiresAt: invalid })).rejects.toThrow(RefusedError);
    await expect(job.expire(invalid)).rejects.toThrow(RefusedError);
    const [outcome] = await tasks.bulk([{ upsert: { n: 2 }, id: "1", expiresAt: invalid }]);
    expect(outcome).toMatchObject({ ok: false, error: expect.any(RefusedError) });
    expect((await tasks.find().toArray()).map(({ expiresAt, data }) => [expiresAt, data.n])).toEqual([
      [undefined, 1],
    ]);
  });

  test("a revision is text", async () => {
    for (const revision of [{ $ne: "" }, { $exists: true }, null, 1] as never[]) {
      await expect(tasks.replace("1", { n: 2 }, { revision })).rejects.toThrow(RefusedError);
      await expect(tasks.upsert("1", { n: 2 }, { revision })).rejects.toThrow(RefusedError);
      await expect(tasks.update("1", { n: 2 }, { revision })).rejects.toThrow(RefusedError);
      await expect(tasks.delete("1", { revision })).rejects.toThrow(RefusedError);
      const outcomes = await tasks.bulk([
        { replace: { n: 2 }, id: "1", revision },
        { delete: "2", revision },
      ]);
      for (const each of outcomes) expect(each).toMatchObject({ ok: false, error: expect.any(RefusedError) });
    }
    expect((await tasks.get("1"))?.data.n).toBe(1);
  });

  test("keys that every object of JavaScript has come back with what was stored", async () => {
    const names = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== "__proto__");
    for (const below of [[{ a: 1 }, { b: [{}] }], { a: [{}] }, "text"]) {
      const any = Object.fromEntries(names.map((name) => [name, below]));
      const { id, data } = await tasks.insert({ n: 2, any });
      expect(data.any).toEqual(any);
      expect((await tasks.get(id))?.data).toEqual(data);
      expect((await tasks.find({ id }).toArray()).map((each) => each.data)).toEqual([data]);
      expect((await tasks.upsert(id, { n: 3, any })).data).toEqual({ n: 3, any });
      expect((await tasks.update(id, { n: 4 })).data).toEqual({ n: 4, any });
    }
  });

  test("two ids stay two", async () => {
    for (const id of ["\ud800", "a\udc00"]) {
      await expect(tasks.upsert(id, { n: 1 })).rejects.toThrow(RefusedError);
      await expect(tasks.get(id)).rejects.toThrow(RefusedError);
    }
  });

  test.each<[string, unknown]>([
    ["an invalid date", invalid],
    ["a bigint of more than 64 bits", 2n ** 64n + 5n],
    ["half of a surrogate pair", "\ud800x"],
    ["undefined in an array", [undefined]],
    ["a Map", new Map()],
    ["a pattern", /x/],
    ["a UUID, which would be a Buffer", new BSON.UUID()],
    ["a Long, which would be a bigint", BSON.Long.fromNumber(1)],
    ["a function", () => 1],
    ["an object of a class", new (class Money {})()],
    ["what says of itself that it is BSON's", { _bsontype: "ObjectId" }],
    ["a key with NUL", { "a\0": 1 }],
    ["a hundred levels", JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`)],
    ["ten thousand", JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`)],
    ["17 MiB", "x".repeat(17 * 2 ** 20)],
    ["a key that JavaScript gives another meaning", JSON.parse('{ "a": { "__proto__": 1 } }')],
    ["a reference whose parts could not be told again", { $ref: "a", $id: 1, $db: "b" }],
  ])("data that would not come back is refused, and does not sink a bulk: %s", async (_, value) => {
    await expect(tasks.insert({ n: 2, any: value })).rejects.toThrow(InvalidDocumentError);
    await expect(tasks.update("1", { any: value })).rejects.toThrow(InvalidDocumentError);
    const outcomes = await tasks.bulk([
      { insert: { n: 3 }, id: "2" },
      { insert: { n: 4, any: value }, id: "3" },
      { replace: { n: 5 }, id: "1" },
    ]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(outcomes[1]).toMatchObject({ error: expect.any(InvalidDocumentError) });
    expect((await tasks.find({}, { sort: { id: 1 } }).toArray()).map(({ data }) => data.n)).toEqual([5, 3]);
  });
});

server.testWith("dots in the names of fields")(
  "JSON that looks like a reference comes back by every way",
  async () => {
    const { contexts } = openReal({ collections: solitudeCollections }).workspace(W).job(J).collections;
    for (const [index, reference] of [
      { $id: "https://example.com/item", $ref: "#/definitions/item" },
      { $ref: "a.b", $id: 1, title: "x" },
      { $ref: "https://example.com/a.b.c", $id: { $ref: "x", $id: "y" } },
      { $ref: "x", $id: null },
      { $schema: "s", $ref: "a.b", $id: "i", $db: "d" },
    ].entries()) {
      const id = String(index);
      const value = { definitions: [reference], reference };
      const given = await contexts.insert({ name: id, value }, { id });
      const expected = [{ name: id, value }];
      expect([given.data]).toEqual(expected);
      expect([(await contexts.get(id))?.data]).toEqual(expected);
      expect((await contexts.getMany([id])).map(({ data }) => data)).toEqual(expected);
      expect((await contexts.find({ "data.name": id }).toArray()).map(({ data }) => data)).toEqual(expected);
      const fields = contexts.find({ "data.name": id }, { fields: ["name", "value"] });
      for await (const { data } of fields) expect([data]).toEqual(expected);
      const rows = contexts.aggregate(
        [{ $match: { "data.name": id } }, { $replaceWith: "$data" }],
        z.unknown(),
      );
      if (server.can("validators")) expect(await rows.toArray()).toEqual(expected);
      expect((await contexts.update(id, { name: id })).data).toEqual(expected[0]);
      expect((await contexts.get(id))?.data).toEqual(expected[0]);
    }
  },
);
