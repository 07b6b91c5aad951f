import { BSON, ObjectId } from "mongodb";
import { RefusedError } from "../../src/documents/errors.ts";
import { safeFilter, safePipeline } from "../../src/documents/refuse.ts";

const refusal = (work: () => unknown): RefusedError => {
  try {
    work();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  throw new Error("it was not refused");
};

describe("JavaScript on the server", () => {
  test.each([
    [{ $where: "true" }, ["$where"]],
    [{ $or: [{ a: 1 }, { $nor: [{ $where: "true" }] }] }, ["$or", 1, "$nor", 0, "$where"]],
    [{ $expr: { $function: { body: "", args: [], lang: "js" } } }, ["$expr", "$function"]],
    [
      { $expr: { $eq: [1, { $add: [{ $accumulator: {} }] }] } },
      ["$expr", "$eq", 1, "$add", 0, "$accumulator"],
    ],
    [{ a: { $elemMatch: { b: { $not: { $where: "" } } } } }, ["a", "$elemMatch", "b", "$not", "$where"]],
  ])("%j", (filter, path) => {
    expect(refusal(() => safeFilter(filter)).path).toEqual(path);
    expect(refusal(() => safePipeline([{ $limit: 1 }, { $match: filter }])).path).toEqual([
      1,
      "$match",
      ...path,
    ]);
  });

  test("in an accumulator of a group", () => {
    expect(refusal(() => safePipeline([{ $group: { _id: null, a: { $accumulator: {} } } }])).path).toEqual([
      0,
      "$group",
      "a",
      "$accumulator",
    ]);
  });

  test.each([
    ["code", new BSON.Code("true")],
    ["a reference", new BSON.DBRef("other", new ObjectId())],
    ["a Map", new Map([["$where", "true"]])],
    ["an object that turns into another", { toBSON: () => ({ $where: "true" }) }],
    ["an object that claims to be BSON's", { _bsontype: "Code", code: "true" }],
    ["an object of a class", new (class Filter {})()],
    ["a function", () => true],
  ])("as %s", (_, value) => {
    refusal(() => safeFilter({ a: value }));
    refusal(() => safePipeline([{ $match: { a: value } }]));
  });
});

describe("operators are those that are known, where they may stand", () => {
  test.each([
    { a: { $foo: 1 } },
    { $foo: 1 },
    { $text: { $search: "x" } },
    { a: { $eq: 1, $where: "true" } },
    { a: { b: 1, $where: "true" } },
    { a: { $elemMatch: { $where: "true" } } },
    { a: { $elemMatch: { $and: [{ $where: "true" }] } } },
    { a: { $all: [{ $elemMatch: { b: { $foo: 1 } } }] } },
    { $expr: { $_internalJsEmit: { eval: "", this: "$$ROOT" } } },
    { $expr: { $let: { vars: { x: { $_internalFindPositional: 1 } }, in: 1 } } },
    { $expr: { $someOperatorOfTheFuture: 1 } },
    { $and: { a: 1 } },
    { $or: [1] },
  ])("%j is refused", (filter) => {
    refusal(() => safeFilter(filter));
    refusal(() => safePipeline([{ $match: filter }]));
  });

  test.each([
    { $group: { _id: null, x: { $_internalJsReduce: { data: {}, eval: "" } } } },
    { $set: { x: { $function: {} } } },
    { $setWindowFields: { output: { x: { $foo: 1 } } } },
  ])("the stage %j is refused", (stage) => {
    refusal(() => safePipeline([stage]));
    refusal(() => safePipeline([{ $facet: { f: [stage] } }]));
  });

  test.each([
    {
      a: { $not: { $in: [1] } },
      b: { $elemMatch: { $gt: 1, $lt: 5 } },
      c: { $elemMatch: { d: { $ne: 1 } } },
    },
    { $expr: { $gt: [{ $size: { $ifNull: ["$a", []] } }, { $let: { vars: { x: 1 }, in: "$$x" } }] } },
    { a: { $exists: true, $type: "string" }, $nor: [{ b: { $all: [1, 2] } }] },
  ])("%j passes as it is", (filter) => {
    expect(safeFilter(filter)).toEqual(filter);
  });

  test("a value that is only compared, or literal, may look like anything", () => {
    const value = { $schema: "x", inner: { $where: 1 } };
    expect(safeFilter({ a: { $eq: value } })).toEqual({ a: { $eq: value } });
    const stage = { $project: { a: { $literal: value } } };
    expect(safePipeline([stage])).toEqual([stage]);
  });
});

describe("stages", () => {
  test.each([
    { $lookup: { from: "other", localField: "a", foreignField: "b", as: "c" } },
    { $lookup: { from: "same", pipeline: [], as: "c" } },
    { $graphLookup: { from: "other" } },
    { $unionWith: "other" },
    { $unionWith: { coll: "other", pipeline: [] } },
    { $out: "other" },
    { $merge: { into: "other" } },
    { $collStats: {} },
    { $indexStats: {} },
    { $currentOp: {} },
    { $listSessions: {} },
    { $changeStream: {} },
    { $search: {} },
    { $documents: [] },
    { $someStageOfTheFuture: {} },
    { $match: {}, $out: "other" },
  ])("%j is refused, at the top and in a facet", (stage) => {
    refusal(() => safePipeline([{ $match: {} }, stage]));
    refusal(() => safePipeline([{ $facet: { a: [{ $facet: { b: [stage] } }] } }]));
  });

  test("what is not a pipeline is refused", () => {
    for (const pipeline of [undefined, {}, "x", [1], [null], [["$match"]], [new Map()]])
      refusal(() => safePipeline(pipeline));
  });

  test("the rest passes as it is", () => {
    const pipeline = [
      { $match: { a: { $in: [1, null, "x"] } } },
      { $facet: { n: [{ $count: "n" }], m: [{ $group: { _id: "$a", s: { $sum: 1 } } }] } },
      { $project: { a: { $literal: { b: 1 } } } },
    ];
    expect(safePipeline(pipeline)).toEqual(pipeline);
  });
});

describe("values", () => {
  test("undefined is refused, deep inside too", () => {
    for (const filter of [{ a: undefined }, { $or: [{ a: undefined }] }, { a: { $in: [undefined] } }])
      expect(refusal(() => safeFilter(filter)).message).toContain("undefined");
  });

  test("BSON's and JavaScript's values pass", () => {
    const filter = {
      id: new ObjectId(),
      long: BSON.Long.fromNumber(1),
      decimal: BSON.Decimal128.fromString("1.5"),
      date: new Date(1),
      bytes: Buffer.from("x"),
      big: 1n,
      none: null,
    };
    expect(safeFilter(filter)).toEqual(filter);
  });

  test("a pattern is what it is there, and what cannot be is refused", () => {
    expect(safeFilter({ a: /x/imsu }).a).toEqual(new BSON.BSONRegExp("x", "ims"));
    for (const [source, flags] of [
      ["x", "g"],
      ["x", "y"],
      ["x", "v"],
      ["\0", ""],
      ["\ud800", ""],
    ] as const)
      refusal(() => safeFilter({ a: new RegExp(source, flags) }));
  });

  test.each([
    ["an invalid date", new Date(Number.NaN)],
    ["a bigint of 65 bits", 2n ** 63n],
    ["a negative one", -(2n ** 63n) - 1n],
    ["half of a surrogate pair", "\ud800x"],
    ["such a key", { "\udc00": 1 }],
    ["a key with NUL", { "a\0b": 1 }],
    ["a hole in an array", Array(2)],
    ["a hundred levels", JSON.parse(`${"[".repeat(120)}1${"]".repeat(120)}`)],
  ])("what BSON would change is refused: %s", (_, value) => {
    refusal(() => safeFilter({ a: value }));
    refusal(() => safeFilter({ $or: [{ a: { $in: [value] } }] }));
    refusal(() => safePipeline([{ $match: { a: { $gt: value } } }]));
    refusal(() => safePipeline([{ $set: { a: { $literal: value } } }]));
  });

  test("what was checked is what is sent", () => {
    let reads = 0;
    const filter = {
      get a() {
        return reads++ === 0 ? { b: 1 } : { $where: "true" };
      },
    };
    const safe = safeFilter(filter);
    expect([safe.a, safe.a, reads]).toEqual([{ b: 1 }, { b: 1 }, 1]);
  });

  test("a key called __proto__ stays a key, and is looked into", () => {
    const filter = JSON.parse('{"__proto__": {"$where": "true"}}');
    refusal(() => safeFilter(filter));
    expect(Object.keys(safeFilter(JSON.parse('{"__proto__": {"a": 1}}')))).toEqual(["__proto__"]);
  });
});
