import { z } from "zod";

type Schema = Record<string, unknown>;

/**
 * What is taken over as it stands; MongoDB refuses a keyword that it does not know. Left out on purpose: `pattern`, which is
 * written for JavaScript's engine and loses its flags; `multipleOf`, since the two disagree on fractions; `not`, since
 * what it negates may have become weaker.
 */
const PLAIN_KEYWORDS = [
  "bsonType",
  "enum",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength", // Both count code points.
  "maxLength",
  "minProperties",
  "maxProperties",
  "minItems",
  "maxItems",
] as const;

const BSON_TYPES: Readonly<Record<string, string | readonly string[]>> = {
  string: "string",
  boolean: "bool",
  null: "null",
  object: "object",
  array: "array",
  // The driver writes what fits as int; a long comes back as a bigint and is no number here.
  number: ["int", "double"],
  integer: ["int", "double"],
};

/**
 * The zod schema as the server can check it: never stricter, and weaker where `$jsonSchema` cannot say it (refinements,
 * formats, recursion). Fields that are not declared pass, where zod drops them: they may be a newer release's.
 */
export function toServerSchema(schema: z.ZodType, encrypt: readonly string[] = []): Schema {
  const converted = convertSchema(schema);
  for (const branch of alternatives(converted)) {
    const properties = branch.properties as Record<string, Schema> | undefined;
    // What an earlier release has written as it is stays valid until it is written anew.
    for (const field of encrypt)
      if (properties?.[field] !== undefined)
        properties[field] = { anyOf: [{ bsonType: "binData" }, properties[field]] };
  }
  return converted;
}

/** Gives the schemas of which a value has one: itself, or the branches of a union. */
export function alternatives(schema: Schema): Schema[] {
  return Array.isArray(schema.anyOf) ? (schema.anyOf as Schema[]).flatMap(alternatives) : [schema];
}

function convertSchema(schema: z.ZodType): Schema {
  const json = z.toJSONSchema(schema, {
    target: "draft-4",
    io: "output",
    unrepresentable: "any",
    // What meta() says is for readers, and zod does not check it.
    metadata: z.registry<Record<string, unknown>>(),
    override({ zodSchema, jsonSchema }) {
      const def = zodSchema._zod.def as { type: string; catchall?: unknown; values?: readonly unknown[] };
      if (def.type === "date") Object.assign(jsonSchema, { bsonType: "date" });
      if (def.type === "bigint") Object.assign(jsonSchema, { bsonType: "long" });
      if (def.type === "object" && def.catchall === undefined) delete jsonSchema.additionalProperties;
      if (def.type === "literal" && def.values?.some((value) => typeof value === "bigint")) {
        // JSON has no such numbers.
        const types = def.values.map((value) => LITERALS[typeof value] ?? "null");
        for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Schema)[key];
        Object.assign(jsonSchema, { bsonType: [...new Set(types.flat())] });
      }
    },
  });
  return convert(json as Schema);
}

const LITERALS: Readonly<Record<string, string | readonly string[]>> = {
  string: "string",
  boolean: "bool",
  number: ["int", "double"],
  bigint: "long",
};

function convert(schema: Schema): Schema {
  // A reference is to a recursive type, which the server cannot follow.
  if ("$ref" in schema) return {};
  const result: Schema = {};
  const { type, properties, required, items } = schema;
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type];
  const bsonTypes = types.flatMap((each: string) => BSON_TYPES[each] ?? []);
  if (bsonTypes.length > 0) result.bsonType = bsonTypes.length === 1 ? bsonTypes[0] : bsonTypes;
  if (types.includes("integer")) result.multipleOf = 1;
  for (const keyword of PLAIN_KEYWORDS) if (keyword in schema) result[keyword] = schema[keyword];
  if (isSchema(properties)) {
    const converted = mapValues(properties, convert);
    // zod takes an absent key for what may be anything.
    const needed = (required as string[] | undefined)?.filter((key) => !takesAnything(converted[key] ?? {}));
    result.properties = converted;
    if (needed?.length) result.required = needed;
  }
  if (Array.isArray(items)) result.items = items.map(convert);
  else if (isSchema(items)) result.items = convert(items);
  for (const keyword of ["additionalProperties", "additionalItems"] as const) {
    const value = schema[keyword];
    if (value !== undefined) result[keyword] = isSchema(value) ? convert(value) : value;
  }
  // `oneOf` would fail where two branches, made weaker, take the same value.
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches)) result.anyOf = branches.map(convert);
  // Each part of an intersection knows only its own keys.
  if (Array.isArray(schema.allOf))
    result.allOf = schema.allOf.map((part: Schema) => convert({ ...part, additionalProperties: true }));
  return result;
}

function takesAnything({ anyOf, ...rest }: Schema): boolean {
  if (Object.keys(rest).length > 0) return false;
  return anyOf === undefined || (anyOf as Schema[]).some(takesAnything);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(properties: Schema, change: (schema: Schema) => Schema): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, change(value as Schema)]));
}
