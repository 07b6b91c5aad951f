import fc from "fast-check";
import {
  arrayOf,
  mapOf,
  objectOf,
  unionOf,
  withInserted,
  withoutItem,
  withoutKey,
  withoutPath,
  withValueAt,
} from "../../src/infer/json-shapes.ts";
import type { JsonItem, JsonShape } from "../../src/model/query.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";

// What PostgreSQL makes of a JSON value is one of its shape, or the shape is not known.

type Json = string | number | null | Json[] | { [key: string]: Json };
const TEXT = 25;
const INT = 23;
const isPlain = (): boolean => true;
/** Nothing is known of it. */
const UNKNOWN: JsonShape = { kind: "unknown" };

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine?.close());

interface Sample {
  readonly value: Json;
  readonly shape: JsonShape;
}
const key = fc.constantFrom("a", "b", "c", "0");
/** A place that is null now and then. */
const placed = (sample: fc.Arbitrary<Sample>): fc.Arbitrary<{ value: Json; item: JsonItem }> =>
  fc.tuple(sample, fc.boolean(), fc.boolean()).map(([{ value, shape }, nullable, isNull]) => ({
    value: nullable && isNull ? null : value,
    item: { shape, nullable },
  }));
const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
  const inner = placed(tie("sample") as fc.Arbitrary<Sample>);
  return {
    sample: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Sample>(
        { value: "x", shape: { kind: "scalar", type: TEXT, values: null } },
        { value: 1, shape: { kind: "scalar", type: INT, values: null } },
        { value: null, shape: { kind: "null" } },
      ),
      fc
        .uniqueArray(fc.tuple(key, inner, fc.boolean(), fc.boolean()), {
          selector: ([name]) => name,
          maxLength: 3,
        })
        .map((fields) => ({
          value: Object.fromEntries(
            fields.flatMap(([name, { value }, optional, isAbsent]) =>
              optional && isAbsent ? [] : [[name, value]],
            ),
          ),
          shape: objectOf(
            fields.map(([name, { item }, optional]) => ({ name, ...item, ...(optional && { optional }) })),
          ),
        })),
      fc.array(inner, { maxLength: 3 }).map((items) => ({
        value: items.map(({ value }) => value),
        shape: { kind: "tuple" as const, items: items.map(({ item }) => item) },
      })),
      fc.array(inner, { maxLength: 3 }).map((items) => ({
        value: items.map(({ value }) => value),
        shape: arrayOf(items.map(({ item }) => item)),
      })),
      fc.array(fc.tuple(key, inner), { maxLength: 3 }).map((entries) => ({
        value: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
        shape: mapOf(entries.map(([, { item }]) => item)),
      })),
      fc
        .tuple(tie("sample") as fc.Arbitrary<Sample>, tie("sample") as fc.Arbitrary<Sample>)
        .map(([one, other]) => ({
          value: one.value,
          shape: unionOf([other.shape, one.shape]),
        })),
    ),
  };
});

function inhabits(value: Json, shape: JsonShape): boolean {
  const isIn = (one: Json, { shape: own, nullable }: JsonItem): boolean =>
    (nullable && one === null) || inhabits(one, own);
  switch (shape.kind) {
    case "unknown":
      return true;
    case "null":
      return value === null;
    case "scalar":
      return typeof value === (shape.type === TEXT ? "string" : "number");
    case "union":
      return shape.members.some((member) => inhabits(value, member));
    case "tuple":
      return (
        Array.isArray(value) &&
        value.length === shape.items.length &&
        value.every((one, i) => isIn(one, shape.items[i]!))
      );
    case "array":
      return (
        Array.isArray(value) &&
        value.every((one) => isIn(one, { shape: shape.element, nullable: shape.elementNullable }))
      );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (shape.kind === "map")
    return Object.values(value).every((one) =>
      isIn(one, { shape: shape.value, nullable: shape.valueNullable }),
    );
  const names = new Set(shape.fields.map(({ name }) => name));
  return (
    Object.keys(value).every((name) => names.has(name)) &&
    shape.fields.every((field) =>
      field.name in value ? isIn(value[field.name]!, field) : field.optional === true,
    )
  );
}

const path = fc.array(fc.constantFrom("a", "b", "c", "0", "1", "-1", "-4", "5"), { maxLength: 3 });
const quoted = (value: Json): string => `'${JSON.stringify(value)}'::jsonb`;
const texts = (words: readonly string[]): string => `'{${words.join(",")}}'::text[]`;

test("jsonb_set, jsonb_insert, - and #- give what is said", async () => {
  let known = 0;
  await fc.assert(
    fc.asyncProperty(
      sample,
      sample,
      path,
      fc.boolean(),
      fc.integer({ min: -3, max: 3 }),
      async (own, other, way, is, index) => {
        const [value, added] = [quoted(own.value), quoted(other.value)];
        for (const [sql, shape] of [
          [
            `jsonb_set(${value}, ${texts(way)}, ${added}, ${is})`,
            withValueAt(own.shape, way, other.shape, is, isPlain),
          ],
          [
            `jsonb_insert(${value}, ${texts(way)}, ${added}, ${is})`,
            withInserted(own.shape, way, other.shape, isPlain),
          ],
          [`${value} #- ${texts(way)}`, withoutPath(own.shape, way, isPlain)],
          [`${value} - (${index})`, withoutItem(own.shape, index)],
          [`${value} - 'a'::text`, withoutKey(own.shape, "a")],
        ] as const) {
          if (shape === null) continue;
          const rows = await engine.run(`select (${sql})::text as made`).catch(() => null);
          // What is an error gives no value.
          if (rows === null) continue;
          if (shape.kind !== "unknown") known++;
          const made = JSON.parse(rows[0]!.made as string) as Json;
          if (!inhabits(made, shape ?? UNKNOWN))
            throw new Error(`${sql} is ${JSON.stringify(made)}, not ${JSON.stringify(shape)}`);
        }
      },
    ),
    { numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 40) },
  );
  expect(known).toBeGreaterThan(40);
});
