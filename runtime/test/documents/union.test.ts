import { z } from "zod";
import { defineCollection, InvalidDocumentError, isReadable } from "../../src/documents/index.ts";
import { sortableTypes } from "../../src/documents/sortable.ts";
import { closeAll, J, LAYOUTS, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

// Documents of several types in one collection, which a field with a constant tells apart.

const email = z.object({ type: z.literal("email"), to: z.email(), bounced: z.boolean().default(false) });
const call = z.object({ type: z.enum(["call", "voicemail"]), seconds: z.int(), to: z.string().optional() });
const touches = defineCollection({
  kind: "touch",
  version: 1,
  schema: z.discriminatedUnion("type", [email, call]),
  indexes: [{ name: "seconds", fields: { "data.seconds": 1 } }],
});

describe.each(LAYOUTS)("%s", (layout) => {
  // The layout with a database for each workspace makes longer names of it.
  const place = { database: server.database().slice(0, 13) };
  const documents = openReal({ layout, collections: { touches } }, place);
  const all = documents.workspace(W).job(J).collections.touches;
  beforeEach(() => all.deleteMany({}));

  test("each branch is written and read as what it is", async () => {
    const sent = await all.insert({ type: "email", to: "a@b.example" }, { id: "e" });
    expect(sent.data).toEqual({ type: "email", to: "a@b.example", bounced: false });
    await all.insert({ type: "voicemail", seconds: 5 }, { id: "c" });
    const found = await all.get("c");
    if (found?.data.type === "email") throw new Error("that is the other branch");
    expect(found?.data.seconds).toBe(5);
    expect((await all.find({ "data.seconds": { $gt: 1 } }).toArray()).map(({ id }) => id)).toEqual(["c"]);
    expect((await all.find({ "data.to": "a@b.example" }).toArray()).map(({ id }) => id)).toEqual(["e"]);
  });

  test("what is of no branch, or half of two, is refused", async () => {
    for (const data of [{ type: "letter" }, { type: "email", seconds: 1 }, { seconds: 1 }, { type: "call" }])
      await expect(all.insert(data as never)).rejects.toThrow(InvalidDocumentError);
    expect(await all.count()).toBe(0);
  });

  test("a document that changes its branch keeps nothing of the other", async () => {
    await all.insert({ type: "email", to: "a@b.example" }, { id: "x" });
    for (const write of [
      () => all.replace("x", { type: "call", seconds: 3 }),
      () => all.upsert("x", { type: "email", to: "c@d.example" }),
      () => all.update("x", () => ({ type: "call", seconds: 4, to: "home" })),
      () => all.update("x", { type: "email", to: "e@f.example" }),
    ]) {
      const { data } = await write();
      expect((await all.getRaw("x"))?.data).toEqual(data);
    }
    await all.bulk([{ id: "x", replace: { type: "call", seconds: 5 } }]);
    expect((await all.getRaw("x"))?.data).toEqual({ type: "call", seconds: 5 });
  });

  test("some fields of a union are those of the branch that has them", async () => {
    await all.insert({ type: "email", to: "a@b.example" }, { id: "e" });
    await all.insert({ type: "call", seconds: 7 }, { id: "c" });
    const read = await all.find({}, { fields: ["seconds", "bounced"], sort: { id: 1 } }).toArray();
    expect(read.map(({ data }) => data)).toEqual([{ seconds: 7 }, { bounced: false }]);
    expect(() => all.find({}, { fields: ["nothing" as never] })).toThrow(/no field "nothing"/);
  });

  test("pages are sorted by a field that some branches have: the others' documents have none", async () => {
    for (let i = 0; i < 4; i++) {
      await all.insert({ type: "email", to: "a@b.example" }, { id: `e${i}` });
      await all.insert({ type: "call", seconds: i % 2 }, { id: `c${i}` });
    }
    for (const direction of [1, -1] as const) {
      const ids: string[] = [];
      for (let after: string | undefined; ; ) {
        const { documents, next } = await all.page({
          sort: { "data.seconds": direction },
          limit: 3,
          ...(after === undefined ? {} : { after }),
        });
        ids.push(...documents.map(({ id }) => id));
        if (next === null) break;
        after = next;
      }
      // Among equals by id.
      const calls = direction === 1 ? ["c0", "c2", "c1", "c3"] : ["c1", "c3", "c0", "c2"];
      expect(ids.filter((id) => id.startsWith("c"))).toEqual(calls);
      expect([...ids].sort()).toEqual(["c0", "c1", "c2", "c3", "e0", "e1", "e2", "e3"]);
    }
  });

  test("one whose branch this release does not know is unreadable, in lists of fields too", async () => {
    const letter = z.object({ type: z.literal("letter"), stamp: z.string() });
    const newer = defineCollection({
      kind: "touch",
      version: 1,
      schema: z.discriminatedUnion("type", [email, call, letter]),
    });
    const theirs = openReal({ layout, collections: { touches: newer } }, place)
      .workspace(W)
      .job(J).collections.touches;
    await theirs.insert({ type: "letter", stamp: "s" }, { id: "l" });
    for (const list of [all.find(), all.find({}, { fields: ["type"] })]) {
      const [document] = await list.toArray();
      expect(document !== undefined && isReadable(document)).toBe(false);
    }
  });
});

test("a field is not sorted by where a branch may have another of its name", () => {
  const order = (...branches: readonly [z.ZodObject, ...z.ZodObject[]]) =>
    sortableTypes(
      defineCollection({ kind: "k", version: 1, schema: z.discriminatedUnion("t", branches) }),
      "data.n",
    );
  const a = z.object({ t: z.literal("a"), n: z.int() });
  expect(order(a, z.object({ t: z.literal("b") }))).toBeDefined();
  expect(order(a, z.strictObject({ t: z.literal("b") }))).toBeDefined();
  expect(order(a, z.looseObject({ t: z.literal("b") }))).toBeUndefined();
  expect(order(a, z.object({ t: z.literal("b") }).catchall(z.string()))).toBeUndefined();
  expect(order(a, z.object({ t: z.literal("b"), n: z.string() }))).toBeUndefined();
  expect(order(z.object({ t: z.literal("a") }), z.object({ t: z.literal("b") }))).toBeUndefined();
});
