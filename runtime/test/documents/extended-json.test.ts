import { BSON, Decimal128, MaxKey, MinKey, ObjectId, Timestamp } from "mongodb";
import { z } from "zod";
import fc from "../../../tests/properties.ts";
import { fromExtendedJson, fromToken, toExtendedJson, toToken } from "../../src/documents/extended-json.ts";
import {
  createJobDelivery,
  DuplicateDocumentError,
  defineCollection,
  firstDocuments,
  InvalidDocumentError,
  type JobDocumentChange,
  type JobDocumentOutbox,
  type JobId,
  jobId,
  json,
  openExport,
  RefusedError,
} from "../../src/documents/index.ts";
import { closeAll, J, message, W } from "./fixture.ts";
import { openReal } from "./real-server.ts";

afterAll(closeAll);

const edges = [31, 32, 52, 53, 54, 60, 62, 63, 64, 70].flatMap((bits) => [
  2 ** bits,
  2 ** bits - 1,
  2 ** bits + 1,
]);
const known = [...edges, ...edges.map((each) => -each), 1e17 + 16, 2 ** 62 + 1024, 1e21, 1.5e300];
const number = fc.oneof(
  fc.constantFrom(...known),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => (each === 0 ? 0 : each)),
);
const text = fc.string({ unit: "binary" }).filter((each) => each.isWellFormed());
const scalar = fc.oneof(
  number,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  // Stand-ins know no other years.
  fc.date({ noInvalidDate: true, min: new Date("0001-01-02"), max: new Date("9999-12-30") }),
  fc.uint8Array({ maxLength: 9 }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
);
/** Of every kind that is let into a document. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.constantFrom(-0, Number.NaN, Infinity, -Infinity),
    fc.date({ noInvalidDate: true }),
    text,
    fc.constantFrom("0", "-1.50", "1E+3", "NaN").map((each) => Decimal128.fromString(each)),
    fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
    fc.constantFrom(new MinKey(), new MaxKey()),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom("$date", "$$ref", "$numberLong", "$", "a.b", "")),
      tie("value"),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
  ),
})).value;

/** The types and bytes that are stored: 2 ** 60 and 2n ** 60n are two. */
const stored = (value: unknown) => Buffer.from(BSON.serialize({ value })).toString("hex");

test("every value comes back from text as the value that it is", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const text = JSON.stringify(toExtendedJson({ value }));
      expect(stored(fromExtendedJson(JSON.parse(text)))).toBe(stored({ value }));
      expect(stored(fromToken(toToken([value])))).toBe(stored([value]));
    }),
  );
});

test.each([2n ** 63n, -(2n ** 63n) - 1n, new Date(Number.NaN)])(
  "%s, which would come back as another, is refused",
  (value) => {
    expect(() => toExtendedJson({ row: [value] })).toThrow(RefusedError);
  },
);

const values = defineCollection({
  kind: "value",
  version: 1,
  schema: z.object({
    any: z.unknown(),
    number: z.number(),
    json: json,
    name: z.string().optional(),
  }),
  indexes: [{ name: "name", fields: { "data.name": 1 }, unique: true }],
});
const collections = { values };
const document = fc.record({ any: scalar, number, json: number });

describe("on a server", () => {
  const documents = openReal({ collections });
  let run = 0;
  const newJob = () => documents.workspace(W).job(jobId(`exact${++run}`));

  test("what was exported is imported as it was, once more as present, and the row with it", async () => {
    const [from, to] = [newJob(), newJob()];
    const samples = fc.sample(document, 60);
    await from.collections.values.bulk(samples.map((insert) => ({ insert })));
    const row = { at: Date.now(), big: 2 ** 60, long: 2n ** 60n };
    const lines: string[] = [];
    for await (const line of from.export({ row })) lines.push(line);
    const opened = await openExport(lines);
    expect(opened.row).toEqual(row);
    expect(await to.import(opened.lines)).toEqual({ imported: 60, present: 0, refused: [] });
    expect(await to.import((await openExport(lines)).lines)).toEqual({
      imported: 0,
      present: 60,
      refused: [],
    });
    const [before, after] = await Promise.all(
      [from, to].map((job) => job.collections.values.find().toArray()),
    );
    const byId = (all: typeof before) => new Map(all!.map(({ id, data }) => [id, stored(data)]));
    expect(byId(after)).toEqual(byId(before));
  });

  test("what a job starts with is delivered as it was", async () => {
    const id = jobId("first");
    const job = documents.workspace(W).job(id);
    const samples = fc.sample(document, 20);
    const first = Object.fromEntries(samples.map((data, index) => [`d${index}`, data]));
    const failed: unknown[] = [];
    const outbox = outboxOf(id, JSON.parse(JSON.stringify(firstDocuments({ values: first }, collections))));
    const delivery = createJobDelivery(documents, outbox, { onError: (error) => failed.push(error) });
    expect([await delivery.deliver(), failed]).toEqual([1, []]);
    for (const [id, data] of Object.entries(first))
      expect(stored((await job.collections.values.get(id))?.data)).toBe(stored(data));
  });

  test.each([2 ** 60, 2 ** 63, -(2 ** 63), 1e17 + 16, 2 ** 62 + 1024, 1e300])(
    "pages go on behind %d",
    async (n) => {
      const { values } = newJob().collections;
      const ids = ["a", "b", "c", "d", "e"];
      await values.bulk(ids.map((id) => ({ insert: { any: 0, number: n, json: 0 }, id })));
      for (const direction of [1, -1] as const) {
        const seen: string[] = [];
        for (let after: string | null | undefined; after !== null && seen.length < 9; ) {
          const sort = { "data.number": direction };
          const page = await values.page({ sort, limit: 2, ...(after ? { after } : {}) });
          seen.push(...page.documents.map(({ id }) => id));
          after = page.next;
        }
        expect(seen).toEqual(ids);
      }
    },
  );
});

function outboxOf(job: JobId, documents: unknown): JobDocumentOutbox {
  const change: JobDocumentChange = {
    id: "1",
    workspaceId: W,
    jobId: job,
    action: "create",
    documents,
    attempts: 0,
    hasJob: true,
  };
  const due = [change];
  return {
    takeJobDocumentChanges: async () => due.splice(0),
    finishJobDocumentChange: async () => undefined,
    postponeJobDocumentChange: async () => undefined,
  } as Partial<JobDocumentOutbox> as JobDocumentOutbox;
}

test("what a job could never start with is refused where it is said", () => {
  expect(() => firstDocuments({ contexts: { plan: { nme: "typo" } as never } })).toThrow(
    InvalidDocumentError,
  );
  expect(() => firstDocuments({ unknown: {} } as never)).toThrow(RefusedError);
  expect(() => firstDocuments({ contexts: { "": { name: "a", value: 1 } } })).toThrow(RefusedError);
  const twice = { a: { name: "same", value: 1 }, b: { name: "same", value: 2 } };
  expect(() => firstDocuments({ contexts: twice })).toThrow(DuplicateDocumentError);
  const { lists } = {
    lists: defineCollection({
      kind: "list",
      version: 1,
      schema: z.object({ tags: z.array(z.string()), lines: z.array(z.object({ sku: z.string() })) }),
      indexes: [
        { name: "tags", fields: { "data.tags": 1 }, unique: true },
        { name: "sku", fields: { "data.lines.sku": 1 }, unique: true },
      ],
    }),
  };
  const list = (tags: string[], ...skus: string[]) => ({ tags, lines: skus.map((sku) => ({ sku })) });
  const first = (a: object, b: object) => () => firstDocuments({ lists: { a, b } } as never, { lists });
  expect(first(list(["x", "y"], "1"), list(["z", "y"], "2"))).toThrow(DuplicateDocumentError);
  expect(first(list([], "1", "2"), list([], "2"))).toThrow(DuplicateDocumentError);
  expect(first(list(["x", "x"], "1", "1"), list(["y"], "2"))()).toHaveProperty("lists.b");
  expect(first(list([]), list([]))()).toHaveProperty("lists.b");
  const nameless = { any: 1, number: 1, json: 1 };
  expect(firstDocuments({ values: { a: nameless, b: nameless } }, collections)).toHaveProperty("values.b");
});

describe("what the server has computed", () => {
  const { messages } = openReal().workspace(W).job(J).collections;
  const sum = (schema: z.ZodType) =>
    messages
      .aggregate(
        [{ $group: { _id: "$data.provider", s: { $sum: "$data.size" } } }],
        z.object({ _id: z.string(), s: schema }),
      )
      .toArray();
  const branches = z.union([z.object({ s: z.string() }), z.object({ s: z.number() })]);

  test("is a number where its schema says so, whatever its size, and a bigint where that does", async () => {
    await messages.insert(message({ size: 2n ** 40n }));
    await messages.insert(message({ size: 1n }));
    const s = 2 ** 40 + 1;
    for (const schema of [
      z.number(),
      z.int(),
      z.number().nullable(),
      z.union([z.string(), z.number()]),
      json,
    ])
      expect(await sum(schema)).toEqual([{ _id: "outlook", s }]);
    for (const schema of [z.bigint(), z.unknown()])
      expect(await sum(schema)).toEqual([{ _id: "outlook", s: BigInt(s) }]);
    await expect(sum(z.string())).rejects.toThrow(InvalidDocumentError);
    expect(
      await messages.aggregate([{ $group: { _id: null, s: { $sum: "$data.size" } } }], branches).toArray(),
    ).toEqual([{ s }]);
    // What no number can hold stays what it is.
    await messages.insert(message({ size: 2n ** 60n + 1n }));
    await expect(sum(z.number())).rejects.toThrow(InvalidDocumentError);
  });
});
