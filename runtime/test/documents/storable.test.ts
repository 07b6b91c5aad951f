import { isDeepStrictEqual } from "node:util";
import { BSON } from "mongodb";
import { z } from "zod";
import { isLongForm } from "../../../tests/long-form.ts";
import fc from "../../../tests/properties.ts";
import {
  DeclarationError,
  type Declarations,
  defineCollection,
  InvalidDocumentError,
  json,
} from "../../src/documents/index.ts";
import { closeAll, J, W } from "./fixture.ts";
import { openReal, server } from "./real-server.ts";

afterAll(closeAll);

const declare = (type: z.ZodType, kind = "k") =>
  defineCollection({ kind, version: 1, schema: z.object({ v: type }) });

const codec = z.codec(z.number(), z.number(), { decode: (n) => n * 100, encode: (n) => n / 100 });

test.each<[string, z.ZodType]>([
  ["a transformation", z.string().transform(Number)],
  ["preprocess", z.preprocess((value) => Number(value) * 100, z.number())],
  ["overwrite", z.number().overwrite((n) => n + 1)],
  ["overwrite of text", z.string().overwrite((text) => `${text}!`)],
  ["a codec", codec],
  [
    "a codec of dates",
    z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() }),
  ],
  ["stringbool", z.stringbool()],
  ["a pipe to another type", z.string().pipe(z.coerce.number())],
  ["a pipe whose end is a transformation", z.string().pipe(z.transform(Number))],
  ["void", z.void()],
  ["undefined", z.undefined()],
  ["a literal undefined", z.literal([undefined, "a"])],
  ["an optional element", z.array(z.string().optional())],
  ["a nullish element", z.array(z.string().nullish())],
  ["an optional rest", z.tuple([z.string()], z.int().optional())],
  ["a map", z.map(z.string(), z.string())],
  ["a set", z.set(z.string())],
  ["a symbol", z.symbol()],
  ["a NaN", z.nan()],
  ["a promise", z.promise(z.string())],
  ["a file", z.file()],
  ["bytes that would be frozen", z.instanceof(Uint8Array).readonly()],
  [
    "bytes that would be frozen, among others",
    z.union([z.string(), z.instanceof(Buffer).nullable()]).readonly(),
  ],
  ["a function", z.custom<() => void>().pipe(z.transform((f) => f))],
  ["a default that its type would not read", z.email().default("none")],
  ["a key with a dot", z.object({ "@odata.etag": z.string() })],
  ["a key that looks like an operator", z.object({ $ref: z.string() })],
  [
    "a record whose keys are changed",
    z.record(
      z.string().overwrite((key) => `${key}x`),
      z.string(),
    ),
  ],
])("%s is refused where it is declared, wherever it stands", (_, type) => {
  for (const schema of [
    type,
    type.optional(),
    type.nullable(),
    z.array(type),
    z.tuple([type]),
    z.record(z.string(), type),
    z.union([z.int(), type]),
    z.intersection(z.object({ a: type }), z.object({})),
    z.lazy(() => type),
    z.object({ deep: z.object({ v: type }) }),
    type.readonly(),
    z.unknown().pipe(type),
  ])
    expect(() => declare(schema)).toThrow(DeclarationError);
});

test("what cannot be told from the declaration is refused where it is written", async () => {
  // Its second option reads what the first has made, and makes something else of it.
  const narrow = z.string().max(3).toUpperCase();
  const collections = {
    union: declare(z.union([narrow, z.string().trim()]), "u"),
    mutating: declare(
      z.array(z.int()).superRefine((list) => void list.push(1)),
      "m",
    ),
    any: declare(z.any(), "a"),
  };
  const { union, mutating, any } = openReal({ collections }).workspace(W).job(J).collections;
  await expect(union.insert({ v: "  abc " })).rejects.toThrow(InvalidDocumentError);
  await expect(mutating.insert({ v: [] })).rejects.toThrow(InvalidDocumentError);
  await expect(any.insert({ v: undefined })).rejects.toThrow(InvalidDocumentError);
  expect((await union.insert({ v: "ABC" })).data.v).toBe("ABC");
});

/** A type, and what it takes. */
interface Typed {
  readonly type: z.ZodType;
  readonly value: fc.Arbitrary<unknown>;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "a.b", "$x", "  pad ", "\0", "😀"),
);
/** Of the years that SecantusDB, which is written in Python, can take. */
const dates = fc.date({
  noInvalidDate: true,
  min: new Date("0001-01-02T00:00:00Z"),
  max: new Date("9999-12-30T00:00:00Z"),
});
const leaves: readonly Typed[] = [
  { type: z.string(), value: text },
  { type: z.string().trim().toLowerCase(), value: text },
  { type: z.string().normalize("NFC"), value: text },
  { type: z.string().min(2).max(4), value: fc.constantFrom("ab", "abcd", "😀😀", "😀😀😀😀", "éé") },
  { type: z.number(), value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { type: z.int(), value: fc.maxSafeInteger() },
  { type: z.number().multipleOf(0.1), value: fc.constantFrom(0.1, 0.3, 1.1, -0) },
  { type: z.float32(), value: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { type: z.bigint(), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { type: z.uint64(), value: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }) },
  { type: z.bigint().min(5n).multipleOf(5n), value: fc.constantFrom(5n, 10n) },
  { type: z.boolean(), value: fc.boolean() },
  { type: z.date(), value: dates },
  { type: z.null(), value: fc.constant(null) },
  { type: z.literal(["a", 1, null, true]), value: fc.constantFrom("a", 1, null, true) },
  { type: z.literal(5n), value: fc.constant(5n) },
  { type: z.literal([5n, "a", null]), value: fc.constantFrom(5n, "a", null) },
  { type: z.enum(["x", "y"]), value: fc.constantFrom("x", "y") },
  { type: z.enum({ A: 1, B: 2 }), value: fc.constantFrom(1, 2) },
  { type: z.templateLiteral(["n", z.number()]), value: fc.constantFrom("n1", "n2.5") },
  { type: z.coerce.date(), value: fc.constantFrom("2026-01-01", 0, new Date(1)) },
  { type: z.coerce.number(), value: fc.constantFrom("42", "", null, true, 1.5) },
  { type: z.coerce.boolean(), value: fc.constantFrom("", "x", 0, null) },
  { type: z.coerce.string(), value: fc.constantFrom(1, null, true, 5n) },
  { type: z.string().default("d"), value: fc.constantFrom(undefined, "x") },
  { type: z.int().catch(7), value: fc.constantFrom("no", 3) },
  { type: z.string().pipe(z.enum(["p", "q"])), value: fc.constantFrom("p", "q") },
  { type: z.email().pipe(z.string().max(50)), value: fc.constant("a@b.example") },
  { type: z.unknown().pipe(z.int()), value: fc.integer() },
  { type: json, value: fc.jsonValue() },
  { type: z.json(), value: fc.jsonValue() },
  { type: z.instanceof(BSON.ObjectId), value: fc.constant(new BSON.ObjectId()) },
  { type: z.instanceof(BSON.Decimal128), value: fc.constant(BSON.Decimal128.fromString("1.10")) },
  { type: z.instanceof(Uint8Array), value: fc.uint8Array() },
  { type: z.any(), value: fc.oneof(fc.jsonValue(), fc.constant(5n), dates) },
  { type: z.xor([z.string(), z.int()]), value: fc.oneof(text, fc.integer()) },
];
const key = fc
  .string({ unit: "grapheme", minLength: 1 })
  .filter((text) => text.isWellFormed() && text !== "__proto__" && !/[\0.]|^\$/.test(text));

const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 3, arbitrary: fc.constantFrom(...leaves) },
    { weight: 1, arbitrary: tie("typed").map(nullable) },
    { weight: 1, arbitrary: tie("typed").map(array) },
    { weight: 1, arbitrary: tie("typed").map(record) },
    { weight: 1, arbitrary: fc.tuple(tie("typed"), tie("typed")).map(tuple) },
    { weight: 1, arbitrary: fc.tuple(tie("typed"), tie("typed")).map(union) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie("typed"), tie("typed"), fc.constantFrom("strip", "loose", "strict"))
        .map(object),
    },
  ),
}));

function nullable({ type, value }: Typed): Typed {
  return { type: type.nullable(), value: fc.option(value) };
}
function array({ type, value }: Typed): Typed {
  return { type: z.array(type), value: fc.array(value, { maxLength: 3 }) };
}
function record({ type, value }: Typed): Typed {
  return { type: z.record(z.string(), type), value: fc.dictionary(key, value, { maxKeys: 3 }) };
}
function tuple([a, b]: [Typed, Typed]): Typed {
  return { type: z.tuple([a.type, b.type]), value: fc.tuple(a.value, b.value) };
}
function union([a, b]: [Typed, Typed]): Typed {
  return { type: z.union([a.type, b.type]), value: fc.oneof(a.value, b.value) };
}
function object([a, b, rest]: [Typed, Typed, string]): Typed {
  const shape = { a: a.type, b: b.type.optional(), c: z.string().default("c") };
  const type = { strip: z.object(shape), loose: z.looseObject(shape), strict: z.strictObject(shape) }[rest]!;
  const known = { a: a.value, b: b.value };
  const value =
    rest === "strict"
      ? fc.record(known, { requiredKeys: ["a"] })
      : fc.record({ ...known, x: fc.jsonValue() }, { requiredKeys: ["a"] });
  return { type, value };
}

const MADE = isLongForm ? 120 : 30;

/** Without the server's validator it would prove half of it. */
server.testWith("validators", "dots in the names of fields")(
  "what is inserted is what is stored, and what every read gives",
  async () => {
    // Each type by itself, and what is made of them.
    const cases = [...leaves.filter(isDeclarable), ...fc.sample(typed.filter(isDeclarable), MADE)];
    const collections: Declarations = Object.fromEntries(
      cases.map(({ type }, index) => [`k${index}`, declare(type, `k${index}`)]),
    );
    const job = openReal({ collections, layout: "database-per-workspace" }).workspace(W).job(J);
    let written = 0;
    for (const [index, { value }] of cases.entries()) {
      const collection = job.collections[`k${index}`]!;
      for (const [number, input] of fc.sample(value, 4).entries()) {
        const id = String(number);
        let given: { data: unknown };
        try {
          given = await collection.insert({ v: input } as never, { id });
        } catch (error) {
          // Refused here, and not by the server, which is never stricter: its error has a cause.
          if (!(error instanceof InvalidDocumentError) || error.cause !== undefined) throw error;
          continue;
        }
        written++;
        const reads = [
          await collection.get(id),
          ...(await collection.getMany([id])),
          (await collection.page({ limit: 1, filter: { id } as never })).documents[0],
          ...(await collection.find({ id } as never, { fields: ["v"] as never }).toArray()),
          await collection.update(id, (data: unknown) => data as never),
          await collection.get(id),
        ];
        // Not by jest's toStrictEqual, which a field called "constructor" confuses.
        for (const read of reads)
          expect([isDeepStrictEqual(read?.data, given.data), read?.data, given.data]).toEqual([
            true,
            given.data,
            read?.data,
          ]);
      }
    }
    expect(written).toBeGreaterThan(cases.length * 1.5);
  },
);

function isDeclarable({ type }: Typed): boolean {
  try {
    declare(type);
    return true;
  } catch {
    return false;
  }
}
