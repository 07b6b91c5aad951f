import type { Declaration } from "./declaration.ts";
import { branchesOf, type DocumentSchema } from "./document-schema.ts";
import { alternatives } from "./server-schema.ts";

const ENVELOPE: Readonly<Record<string, string>> = {
  revision: "string",
  createdAt: "date",
  updatedAt: "date",
  expiresAt: "date",
};

const ORDERED = new Set(["string", "int", "double", "long", "bool", "date"]);
const NUMBERS = new Set(["int", "double", "long"]);

/**
 * The BSON types that a field's values may have, where they have one order: a comparison in MongoDB finds values of the
 * same type only, so that a page over mixed types would leave documents out. null is allowed beside them.
 */
export function sortableTypes(declaration: Declaration, path: string): readonly string[] | undefined {
  const [root, ...steps] = path.split(".");
  const known = ENVELOPE[path];
  if (known !== undefined) return [known];
  if (root !== "data" || steps.length === 0) return undefined;
  let schemas = alternatives(declaration.serverSchema);
  for (const [depth, step] of steps.entries()) {
    const below = schemas
      .filter(isObject)
      .map(({ properties }) => (properties as Properties | undefined)?.[step]);
    const declared = below.filter((each) => each !== undefined);
    const isAbsentElsewhere = depth === 0 && othersDrop(declaration.schema, step);
    if (declared.length === 0 || (declared.length < below.length && !isAbsentElsewhere)) return undefined;
    schemas = declared.flatMap((each) => alternatives(each));
  }
  const types = new Set(schemas.flatMap(typesOf));
  types.delete("null");
  const one = [...types];
  const ordered = one.length > 0 && one.every((type) => ORDERED.has(type));
  return ordered && (one.length === 1 || one.every((type) => NUMBERS.has(type))) ? one : undefined;
}

/** Tells whether the branches of a union that do not declare a field keep none of that name. */
function othersDrop(schema: DocumentSchema, field: string): boolean {
  return branchesOf(schema)
    .filter(({ shape }) => !Object.hasOwn(shape, field))
    .every(({ def: { catchall } }) => catchall === undefined || catchall._zod.def.type === "never");
}

type Schema = Record<string, unknown>;
type Properties = Record<string, Schema | undefined>;

function isObject({ bsonType }: Schema): boolean {
  return bsonType === "object";
}

function typesOf({ bsonType, enum: values }: Schema): string[] {
  if (typeof bsonType === "string") return [bsonType];
  if (Array.isArray(bsonType)) return bsonType as string[];
  // An enum of several types, or what may be anything.
  if (!Array.isArray(values)) return ["unknown"];
  const names: Record<string, string> = { string: "string", number: "double", boolean: "bool" };
  return values.map((value) => (value === null ? "null" : (names[typeof value] ?? "unknown")));
}
