import { Query } from "mingo";
import { BSON } from "mongodb";
import { z } from "zod";
import { defineCollection } from "../../src/documents/index.ts";

const serverSchema = (schema: z.ZodObject) =>
  defineCollection({ kind: "k", version: 1, schema }).serverSchema;
const property = (type: z.ZodType) =>
  (serverSchema(z.object({ p: type })).properties as Record<string, unknown>).p as Record<string, unknown>;

test("zod's types become BSON's", () => {
  const schema = serverSchema(
    z.object({
      text: z.string().min(3).max(10),
      whole: z.int().min(1),
      number: z.number().gt(3),
      big: z.bigint(),
      date: z.date(),
      flag: z.boolean(),
      maybe: z.string().nullish(),
      choice: z.enum(["a", "b"]),
      list: z.array(z.int()).max(5),
      pair: z.tuple([z.string(), z.date()]),
      open: z.record(z.string(), z.number()),
      any: z.unknown(),
    }),
  );
  expect(schema).toEqual({
    bsonType: "object",
    properties: {
      text: { bsonType: "string", minLength: 3, maxLength: 10 },
      whole: {
        bsonType: ["int", "double"],
        multipleOf: 1,
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
      },
      number: { bsonType: ["int", "double"], minimum: 3, exclusiveMinimum: true },
      big: { bsonType: "long" },
      date: { bsonType: "date" },
      flag: { bsonType: "bool" },
      maybe: { bsonType: ["string", "null"] },
      choice: { bsonType: "string", enum: ["a", "b"] },
      list: {
        bsonType: "array",
        items: {
          bsonType: ["int", "double"],
          multipleOf: 1,
          minimum: Number.MIN_SAFE_INTEGER,
          maximum: Number.MAX_SAFE_INTEGER,
        },
        maxItems: 5,
      },
      pair: {
        bsonType: "array",
        items: [{ bsonType: "string" }, { bsonType: "date" }],
        additionalItems: false,
        minItems: 2,
        maxItems: 2,
      },
      open: { bsonType: "object", additionalProperties: { bsonType: ["int", "double"] } },
      any: {},
    },
    required: ["text", "whole", "number", "big", "date", "flag", "choice", "list", "pair", "open"],
  });
});

describe("the server's schema is never stricter than zod", () => {
  test("a length counts code points there and here", () => {
    expect(z.string().max(1).safeParse("😀").success).toBe(true);
    expect(property(z.string().max(1)).maxLength).toBe(1);
  });

  test("patterns, whose flags JSON Schema loses, are left to the client", () => {
    expect(property(z.string().regex(/^a$/i))).toEqual({ bsonType: "string" });
    expect(property(z.email())).toEqual({ bsonType: "string" });
  });

  test("fractions of multiples are left to the client", () => {
    expect(property(z.number().multipleOf(0.1))).toEqual({ bsonType: ["int", "double"] });
  });

  test("one of several that were made weaker may match twice", () => {
    const union = z.discriminatedUnion("t", [
      z.object({ t: z.literal("a"), n: z.bigint() }),
      z.object({ t: z.literal("b") }),
    ]);
    expect(property(union)).toHaveProperty("anyOf");
    expect(property(union)).not.toHaveProperty("oneOf");
  });

  test("parts of an intersection allow each other's fields", () => {
    const parts = z.object({ a: z.string() }).and(z.object({ b: z.string() }));
    const closed = (schema: Record<string, unknown>) => schema.additionalProperties === false;
    const [whole, halves] = [property(parts), (property(parts).allOf as Record<string, unknown>[]) ?? []];
    expect(halves.some(closed)).toBe(false);
    if (closed(whole)) expect(Object.keys(whole.properties as object)).toEqual(["a", "b"]);
  });

  test("what refers to itself is not followed", () => {
    expect(property(z.json())).toEqual({});
  });

  test("fields that are not declared may be a newer release's", () => {
    expect(property(z.object({ a: z.string() }))).not.toHaveProperty("additionalProperties");
    expect(property(z.strictObject({ a: z.string() }))).toHaveProperty("additionalProperties", false);
  });

  test("JSON Schema has no bigint among its values", () => {
    expect(property(z.literal([5n, "a", 1]))).toEqual({ bsonType: ["long", "string", "int", "double"] });
  });

  test("what meta() says is for readers", () => {
    const bytes = z.instanceof(Uint8Array).meta({ type: "string", format: "binary" });
    expect(property(bytes)).toEqual({});
    expect(property(z.string().meta({ enum: ["a"], maxLength: 1, id: "Text" }))).toEqual({
      bsonType: "string",
    });
    const more = { maxProperties: 1, properties: { a: { type: "null" } }, required: ["b"], $ref: "#/x" };
    const object = z.object({
      a: z
        .string()
        .optional()
        .meta({ anyOf: [{ type: "null" }] }),
    });
    expect(serverSchema(object.meta(more))).toEqual({
      bsonType: "object",
      properties: { a: { bsonType: "string" } },
    });
  });

  test("what may be anything may be absent", () => {
    expect(serverSchema(z.object({ a: z.any(), b: z.union([z.unknown(), z.string()]) }))).not.toHaveProperty(
      "required",
    );
  });
});

test("it has no keyword that MongoDB would not know", () => {
  const known =
    /^(bsonType|enum|m(in|ax)(imum|Length|Items|Properties)|exclusiveM(in|ax)imum|multipleOf|properties|required|additional(Items|Properties)|items|anyOf|allOf)$/;
  const visit = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [keyword, value] of Object.entries(schema)) {
      expect(keyword).toMatch(known);
      if (keyword === "properties") for (const each of Object.values(value)) visit(each);
      else if (Array.isArray(value)) value.forEach(visit);
      else visit(value);
    }
  };
  visit(
    serverSchema(
      z.object({
        a: z
          .strictObject({
            b: z.iso.datetime().default("2026-01-01T00:00:00Z").describe("d").meta({ title: "t" }),
          })
          .optional(),
        c: z.templateLiteral(["a", z.number()]),
        d: z.partialRecord(z.enum(["a"]), z.string()),
        e: z.literal([1, "a", null, true]),
        f: z.lazy(() => z.string()),
        g: z.uuid().readonly().catch("c").brand("b"),
        h: z.string().pipe(z.string().length(2)),
        i: z.array(z.string()).min(1).nonempty(),
      }),
    ),
  );
});

test("a value that zod takes is one that BSON gives back the same", () => {
  const value = { text: "é", number: 1.5, whole: 2 ** 40, big: 5n, date: new Date(0), list: [null, true] };
  const back = BSON.deserialize(BSON.serialize(value), { useBigInt64: true });
  expect(back).toEqual(value);
  expect(new Query({ whole: { $gt: 1 } }).test(back)).toBe(true);
});
