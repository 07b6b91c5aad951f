import { refuseEncrypted, withoutEncrypted } from "../../src/documents/encrypted-names.ts";
import { RefusedError } from "../../src/documents/errors.ts";

const mail = { kind: "mail", encrypt: ["body", "note"] };
const refusal = (work: () => unknown): RefusedError => {
  try {
    work();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  throw new Error("it was not refused");
};

/** Each could tell one ciphertext from another, or from what is in the clear. */
const COMPARING: readonly Record<string, unknown>[] = [
  { "data.note": "x" },
  { "data.note": null },
  { "data.note": { $exists: true, $gt: "" } },
  { "data.note": { $type: "binData" } },
  { "data.body.text": { $exists: true } },
  { data: { from: "a" } },
  { data: { $elemMatch: { note: 1 } } },
  { data: { $gt: {} } },
  { $or: [{ "data.from": "a" }, { $nor: [{ "data.note": "x" }] }] },
  { $jsonSchema: { properties: { data: { properties: { note: { enum: ["x"] } } } } } },
  ...[
    { $eq: ["$data.note", "x"] },
    { $eq: ["$data.body.text", "x"] },
    { $gt: ["$$ROOT.data.note", "x"] },
    { $gt: ["$$CURRENT.data.note", "x"] },
    { $eq: ["$data", {}] },
    { $eq: ["$$ROOT", {}] },
    { $eq: ["$$CURRENT", {}] },
    { $let: { vars: { x: "$data" }, in: { $eq: ["$$x.note", 1] } } },
    { $in: ["x", { $map: { input: { $objectToArray: "$data" }, in: "$$this.v" } }] },
    { $eq: [{ $getField: "data" }, {}] },
    { $eq: [{ $getField: { $concat: ["da", "ta"] } }, {}] },
    { $eq: [{ $getField: { field: "note", input: "$data" } }, 1] },
    { $eq: [{ $getField: { field: { $concat: ["no", "te"] }, input: { $getField: "data" } } }, 1] },
    { $eq: [{ $size: { $setDifference: [["$data.note"], ["x"]] } }, 0] },
    { $cond: [{ $isNumber: "$data.note" }, true, false] },
  ].map(($expr) => ({ $expr })),
  { $and: [{ $expr: { $eq: ["$data.note", "x"] } }] },
];

const INNOCENT: readonly Record<string, unknown>[] = [
  {},
  { "data.from": "a", createdAt: { $gt: 1 } },
  { "data.note": { $exists: false } },
  { "data.body": { $not: { $exists: true } } },
  { data: { $exists: true } },
  { "data.notes": 1, "data.bodyless.note": 1 },
  { $expr: { $eq: ["$data.from", "$data.to"] } },
  { $expr: { $eq: ["$data.notes", { $literal: "$data.note" }] } },
  { $expr: { $let: { vars: { data: "$data.from" }, in: { $eq: ["$$data", "a"] } } } },
  { $expr: { $gt: ["$createdAt", "$$NOW"] } },
];

test.each(COMPARING)("%j is refused, in a pipeline too", (filter) => {
  refusal(() => refuseEncrypted(mail, filter));
  refusal(() => withoutEncrypted(mail, [{ $limit: 1 }, { $match: filter }]));
  // Where nothing is encrypted, all of it may be asked.
  expect(withoutEncrypted({ kind: "mail", encrypt: [] }, [{ $match: filter }])).toEqual([{ $match: filter }]);
});

test.each(INNOCENT)("%j is not", (filter) => {
  refuseEncrypted(mail, filter);
  const taken = { $unset: ["data.body", "data.note"] };
  expect(withoutEncrypted(mail, [{ $match: filter }])).toEqual([{ $match: filter }, taken]);
});

test("from the first stage that changes documents on, the fields are not there", () => {
  const first = [{ $match: { "data.note": { $exists: true } } }, { $sort: { createdAt: 1 } }, { $limit: 5 }];
  // The whole may be named: nothing encrypted is in it.
  const rest = [{ $set: { all: "$$ROOT", data: "$data" } }, { $match: { "data.from": "a" } }];
  const taken = { $unset: ["data.body", "data.note"] };
  expect(withoutEncrypted(mail, [...first, ...rest])).toEqual([...first, taken, ...rest]);
  expect(withoutEncrypted(mail, [])).toEqual([taken]);
});

test.each([
  { $sort: { "data.note": 1 } },
  { $group: { _id: "$data.note" } },
  { $group: { _id: null, last: { $max: "$$ROOT.data.body.text" } } },
  { $project: { "data.note": 1 } },
  { $project: { data: { note: 1 } } },
  { $project: { text: "$data.note" } },
  { $set: { "data.note": 1 } },
  { $unwind: { path: "$data.body.parts" } },
  { $sortByCount: "$data.note" },
  { $replaceRoot: { newRoot: "$data.body" } },
  { $setWindowFields: { sortBy: { "data.note": 1 }, output: {} } },
  { $densify: { field: "data.note", range: { step: 1, bounds: "full" } } },
  { $fill: { partitionByFields: ["data.note"], output: {} } },
  { $bucket: { groupBy: "$data.note", boundaries: [0, 1] } },
  { $facet: { a: [{ $count: "n" }], b: [{ $limit: 1 }, { $sortByCount: "$data.note" }] } },
  { $facet: { a: [{ $match: { "data.note": "x" } }] } },
])("%j names what would not be there", (stage) => {
  refusal(() => withoutEncrypted(mail, [stage]));
  refusal(() => withoutEncrypted(mail, [{ $project: { a: 1 } }, stage]));
});

test("nothing is sorted by what holds it, while it is there", () => {
  refusal(() => withoutEncrypted(mail, [{ $match: {} }, { $sort: { data: 1 } }]));
  withoutEncrypted(mail, [{ $set: { a: 1 } }, { $sort: { data: 1 } }]);
});

test("a name of the pipeline's own is let through, and what leaves the field out", () => {
  const pipeline = [
    { $project: { "data.note": 0 } },
    { $unset: ["data.note", "data.body"] },
    { $group: { _id: "$data.from", data: { $first: { note: "mine" } } } },
    { $match: { "data.note": "mine" } },
    { $sort: { "data.note": 1 } },
  ];
  expect(withoutEncrypted(mail, pipeline).slice(1)).toEqual(pipeline);
});

test("the refusal says where", () => {
  const stages = [{ $match: {} }, { $match: { $or: [{ $expr: { $eq: ["x", "$data.note"] } }] } }];
  const { message, path } = refusal(() => withoutEncrypted(mail, stages));
  expect(path).toEqual([1, "$match", "$or", 0, "$expr", "$eq", 1]);
  expect(message).toContain("body, note of mail documents are encrypted");
});
