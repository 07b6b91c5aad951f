import { z } from "zod";
import {
  type DataOf,
  type DocumentCollection,
  type Documents,
  defineCollection,
  type Filter,
  genericFilter,
  type JobScope,
  json,
  type solitudeCollections,
} from "../../src/documents/index.ts";

// Held against the compiler alone: each line is what a user writes, and what is wrong must be an error.

const node = z.object({
  name: z.string(),
  get children() {
    return z.array(node).optional();
  },
});
const orders = defineCollection({
  kind: "order",
  version: 1,
  schema: z.object({
    status: z.enum(["open", "closed"]),
    total: z.int(),
    cents: z.bigint().optional(),
    paidAt: z.date().optional(),
    closedAt: z.date().nullable(),
    buyer: z.object({ email: z.email(), phone: z.string().optional() }).optional(),
    lines: z.array(z.object({ article: z.string(), count: z.int(), notes: z.array(z.string()) })),
    labels: z.array(z.string()),
    tree: node.optional(),
    payload: z.record(z.string(), json),
    bag: z.record(z.string(), z.unknown()),
    pair: z.tuple([z.string(), z.number()]).optional(),
    event: z.discriminatedUnion("type", [
      z.object({ type: z.literal("sent"), to: z.string() }),
      z.object({ type: z.literal("counted"), number: z.int() }),
    ]),
    deep: z.object({
      a: z.array(z.object({ b: z.object({ c: z.object({ d: z.array(z.object({ e: z.int() })) }) }) })),
    }),
  }),
  indexes: [
    { name: "article", fields: { "data.lines.article": 1, createdAt: -1 } },
    { name: "buyer", fields: { "data.buyer.email": 1 }, unique: true },
    // @ts-expect-error there is no such path
    { name: "none", fields: { "data.lines.none": 1 } },
  ],
});
type Order = DataOf<typeof orders>;

export function filters(all: DocumentCollection<Order>): void {
  const given: readonly Filter<Order>[] = [
    { "data.lines.article": "a" },
    { "data.lines.0.article": "a", "data.lines.0.notes.1": "x", "data.lines.notes": /x/ },
    { "data.lines": { $elemMatch: { article: "a", count: { $gt: 1 } }, $size: 2 } },
    { "data.deep.a.b.c.d.e": 5 },
    { "data.tree.children.children.name": "x" },
    { "data.paidAt": null, "data.closedAt": null, "data.buyer.phone": null },
    { "data.paidAt": { $exists: false }, "data.buyer": { $ne: null } },
    { "data.cents": { $gte: 5n }, createdAt: { $lt: new Date() } },
    { "data.payload.any.thing": 1, "data.bag.any.thing": "x" },
    { "data.labels": "a" },
    { "data.labels": { $all: ["a"], $size: 1 } },
    { "data.labels": { $elemMatch: { $gt: "a" } } },
    { "data.status": { $in: ["open", "closed"] as const } },
    { "data.buyer.email": /x/ },
    { "data.buyer.email": { $regex: "x", $options: "i" } },
    { "data.buyer": { email: "a@b.example" } },
    { "data.event.to": "x" },
    { "data.event.type": "counted", "data.event.number": { $not: { $gt: 1 } } },
    { "data.pair.0": "x" },
    { id: "x" },
    { id: { $in: ["a", "b"] }, "data.status": "open" },
    { $or: [{ id: { $gt: "a" } }, { "data.total": 1 }], $nor: [{ "data.total": 2 }] },
  ];
  void all.find({ $and: given }, { sort: { "data.buyer.email": 1, id: -1 }, fields: ["status"] });
  // @ts-expect-error no such value
  void all.find({ "data.status": "none" });
  // @ts-expect-error no such value
  void all.find({ "data.status": { $in: ["none"] } });
  // @ts-expect-error no such path
  void all.find({ "data.none": 1 });
  // @ts-expect-error of another type
  void all.find({ "data.lines.article": 5 });
  // @ts-expect-error of another type
  void all.find({ createdAt: { $gt: "2020-01-01" } });
  // @ts-expect-error no such operator
  void all.find({ "data.total": { $foo: 1 } });
  // @ts-expect-error no such field of an element
  void all.find({ "data.lines": { $elemMatch: { none: 1 } } });
  // @ts-expect-error a pattern finds text only
  void all.find({ "data.total": /x/ });
  // @ts-expect-error it is never absent
  void all.find({ "data.total": null });
  // @ts-expect-error of a branch of an $or
  void all.find({ $or: [{ "data.status": "none" }] });
  // @ts-expect-error an id has no pattern
  void all.find({ id: { $regex: "x" } });
  // @ts-expect-error no such operator at the top
  void all.find({ $where: "true" });
  // @ts-expect-error no such path
  void all.find({}, { sort: { "data.none": 1 } });
  void all.find({ ...(given.length > 1 ? { "data.total": 1 } : {}), $expr: { $gt: ["$data.total", 1] } });
  const one = { "data.total": 1 };
  void all.find(one);
}

/** More of what people write, where a schema's types are narrower than JavaScript's. */
const wares = defineCollection({
  kind: "ware",
  version: 1,
  schema: z
    .object({
      sku: z.string().brand<"Sku">(),
      count: z.int(),
      most: z.int().optional(),
      status: z.enum(["open", "closed"]).default("open"),
      picture: z.instanceof(Uint8Array).optional(),
      meta: z.record(z.string(), z.string()),
      prices: z.record(z.string(), z.number()).optional(),
      sizes: z.record(z.enum(["s", "m"]), z.int()),
      places: z.record(z.string(), z.object({ row: z.int() })),
      any: z.any(),
      seen: z.array(z.date()).readonly(),
      maker: z.object({ name: z.string(), site: z.url().nullable() }).readonly(),
    })
    .refine(({ count, most }) => most === undefined || count <= most),
  indexes: [{ name: "meta", fields: { "data.meta.origin": 1 } }],
});
type Ware = DataOf<typeof wares>;
export async function narrowed(
  all: DocumentCollection<Ware, z.input<typeof wares.schema>>,
  sku: Ware["sku"],
  names: ("status" | "count")[],
): Promise<void> {
  const path = "data.count" as const;
  const stepwise: { -readonly [K in keyof Filter<Ware>]: Filter<Ware>[K] } = {};
  const given: readonly Filter<Ware>[] = [
    { "data.sku": sku },
    { "data.sku": { $in: [sku] } },
    { "data.picture": new Uint8Array([1]) },
    { "data.meta.origin": "x", "data.meta.other": /x/ },
    { "data.meta.origin": null },
    { "data.prices.eur": { $gt: 5 }, "data.prices": { $exists: true } },
    { "data.sizes.s": 1 },
    { "data.places.shelf.row": 1 },
    { "data.any": 1, "data.any.thing": "x" },
    { "data.seen": { $gt: new Date(0) }, "data.seen.0": new Date(0) },
    { "data.maker.name": "x", "data.maker.site": null },
    { [path]: 3 },
    { "data.count": { $not: { $gt: 5 } }, $nor: [{ "data.count": 1 }] },
    stepwise,
  ];
  void all.find({ $or: given });
  // @ts-expect-error without its brand
  void all.find({ "data.sku": "x" });
  // @ts-expect-error of another type
  void all.find({ "data.meta.origin": 5 });
  // @ts-expect-error of another type
  void all.find({ "data.prices.eur": { $gt: "5" } });
  // @ts-expect-error no such key
  void all.find({ "data.sizes.l": 1 });
  // @ts-expect-error of another type
  void all.find({ "data.seen": "2020" });
  // @ts-expect-error of another type
  void all.find({ "data.picture": "text" });
  // @ts-expect-error no such field
  await all.update("x", { none: 1 });
  // @ts-expect-error of another type
  await all.update("x", { count: "1" });
  await all.update("x", { count: 1, most: undefined });
  // @ts-expect-error a field of the data, and no path
  void all.find({}, { fields: ["maker.name"] });
  // @ts-expect-error a field that must be there
  await all.insert({ sku });
  const made = await all.insert({
    sku,
    count: 1,
    meta: {},
    sizes: { s: 1, m: 2 },
    places: {},
    any: undefined,
    seen: [],
    maker: { name: "x", site: null },
  });
  made.data.status satisfies "open" | "closed";
  made.data.picture satisfies Uint8Array | undefined;
  const constant = ["status", "count"] as const;
  for (const fields of [constant, names]) {
    const [found] = await all.find({}, { fields }).toArray();
    found?.data.status satisfies "open" | "closed" | undefined;
    // @ts-expect-error it was not asked for
    void found?.data.meta;
  }
  void all.page({ sort: { "data.count": 1, id: -1 }, filter: { [path]: 3 }, limit: 2 });
  // @ts-expect-error a page has a limit
  void all.page({});
  // @ts-expect-error no direction
  void all.find({}, { sort: { "data.count": "asc" } });
}

/** Solitude's own collections are what any others are. */
export function ofSolitude({
  integrations,
  activities,
}: JobScope<typeof solitudeCollections>["collections"]): void {
  void integrations.find({ "data.payload.from.emailAddress.address": "x", "data.provider": "microsoft" });
  void activities.find({ "data.status": { $in: ["running"] }, "data.metadata.key": "v" });
  // @ts-expect-error no such status
  void activities.find({ "data.status": "sleeping" });
}

/** As most have it, without `exactOptionalPropertyTypes`: loose.tsconfig.json. */
export function undefinedIsNoCondition(
  all: DocumentCollection<Order, z.input<typeof orders.schema>>,
  asked: { readonly status?: "open"; readonly total: number | undefined },
  filter: Filter<Order>,
  change: Partial<z.input<typeof orders.schema>>,
): void {
  // @ts-expect-error it would compare with nothing
  void all.find({ "data.total": undefined });
  // @ts-expect-error likewise
  void all.find({ "data.total": asked.total });
  // @ts-expect-error likewise
  void all.count({ "data.status": asked.status });
  // @ts-expect-error within an operator
  void all.deleteMany({ "data.total": { $gt: asked.total } });
  // @ts-expect-error within a branch
  void all.page({ filter: { $or: [{ "data.total": asked.total }] }, limit: 1 });
  // @ts-expect-error the field must be there
  void all.update("x", { total: undefined });
  // @ts-expect-error likewise
  void all.update("x", { labels: [], total: asked.total });
  void all.update("x", { paidAt: undefined as never, total: 1 });
  void all.update("x", change);
  void all.update("x", (data) => ({ ...data, total: 1 }));
  void all.find(filter);
  void all.page({ filter, limit: 1, sort: { createdAt: 1 } });
  void all.deleteMany({ $and: [filter, { "data.paidAt": null }] });
  if (asked.total !== undefined) void all.find({ "data.total": asked.total });
}

/** Code for any collection whose data has a field: what it is given may have more, and defaults. */
export function openOf<T extends { status: string }>(any: DocumentCollection<T>): Promise<number> {
  void any.find({} as Filter<T>);
  return any.count(genericFilter({ "data.status": "open" }));
}
export const counted = (all: DocumentCollection<Order, z.input<typeof orders.schema>>): Promise<number> =>
  openOf(all);

/** Code that works on any collection that has a field. */
export function open<T extends { status: string }, I>(any: DocumentCollection<T, I>): Promise<number> {
  return any.count(genericFilter({ "data.status": "open" }));
}
export const opened = (all: DocumentCollection<Order>): Promise<number> => open(all);

/** A union as the document: each branch's fields, and a branch told by its constant. */
const touches = defineCollection({
  kind: "touch",
  version: 1,
  schema: z.discriminatedUnion("type", [
    z.object({ type: z.literal("email"), to: z.email() }),
    z.object({ type: z.literal("call"), seconds: z.int().default(0) }),
  ]),
});
type Touch = DataOf<typeof touches>;
export async function unions(all: DocumentCollection<Touch, z.input<typeof touches.schema>>): Promise<void> {
  await all.insert({ type: "call" });
  await all.update("x", { type: "call", seconds: 1 });
  // @ts-expect-error a field of the other branch
  await all.insert({ type: "email", seconds: 1 });
  // @ts-expect-error no such branch
  await all.insert({ type: "letter" });
  void all.find({ "data.seconds": { $gt: 1 }, "data.type": "call" });
  // @ts-expect-error no such path in any branch
  void all.find({ "data.none": 1 });
  const found = await all.get("x");
  if (found?.data.type === "call") found.data.seconds satisfies number;
  for (const { data } of await all.find({}, { fields: ["type", "seconds"] }).toArray()) {
    if (data.type === "call") data.seconds satisfies number;
    // @ts-expect-error it was not asked for
    else void data.to;
  }
  // @ts-expect-error no branch has it
  void all.find({}, { fields: ["none"] });
}

/** What is encrypted can be written and read, and not compared. */
const mails = defineCollection({
  kind: "mail",
  version: 1,
  schema: z.object({ from: z.string(), body: z.object({ text: z.string() }), size: z.int() }),
  encrypt: ["body"],
  indexes: [
    { name: "from", fields: { "data.from": 1 } },
    // @ts-expect-error it is encrypted
    { name: "text", fields: { "data.body.text": 1 } },
  ],
});
// @ts-expect-error no such field
defineCollection({ kind: "mail", version: 1, schema: z.object({ from: z.string() }), encrypt: ["none"] });
export async function encrypted(
  documents: Documents<{ mails: typeof mails }>,
  job: JobScope<{ mails: typeof mails }>,
) {
  const all = job.collections.mails;
  await all.insert({ from: "a", body: { text: "x" }, size: 1 });
  (await all.get("x"))?.data.body.text satisfies string | undefined;
  void all.find({ "data.from": "a" }, { fields: ["body"], sort: { "data.size": 1 } });
  // @ts-expect-error it is encrypted
  void all.find({ "data.body.text": "x" });
  // @ts-expect-error it is encrypted
  void all.find({}, { sort: { "data.body": 1 } });
  // @ts-expect-error it is encrypted
  await all.deleteMany({ "data.body": { text: "x" } });
  // @ts-expect-error the whole has something encrypted in it
  void all.find({ data: { from: "a", size: 1 } });
  // @ts-expect-error likewise
  void all.find({}, { sort: { data: 1 } });
  void all.find({ "data.body": { $exists: true } });
  void all.find({ $expr: { $and: [{ $eq: ["$data.from", "x"] }, { $lt: ["$$ROOT.createdAt", "$$NOW"] }] } });
  void all.find({ $expr: { $let: { vars: { x: "$data.size" }, in: { $gt: ["$$x", { $literal: 1 }] } } } });
  // @ts-expect-error it is encrypted
  void all.find({ $expr: { $eq: ["$data.body", "x"] } });
  // @ts-expect-error below it, and in a branch
  void all.count({ $or: [{ $expr: { $eq: ["$$ROOT.data.body.text", "x"] } }] });
  // @ts-expect-error what holds it
  void all.find({ $expr: { $let: { vars: { x: "$data" }, in: "$$x.body" } } });
  const rows = z.unknown();
  void all.aggregate(
    [
      { $match: { "data.body": { $exists: true } } },
      { $group: { _id: "$data.from" } },
      { $unset: "data.body" },
    ],
    rows,
  );
  // @ts-expect-error it is encrypted
  void all.aggregate([{ $limit: 1 }, { $group: { _id: "$data.body.text" } }], rows);
  // @ts-expect-error likewise
  void all.aggregate([{ $match: { "data.body": { text: "x" } } }], rows);
  return documents;
}
