import { BSON, type IndexDescription, type IndexDescriptionInfo } from "mongodb";
import type { Declaration } from "./declaration.ts";
import type { Place } from "./layout.ts";

/** The TTL index's name; all kinds of a collection share it. */
export const EXPIRY = "expiry";

/** The indexes of a collection that holds these kinds, each confined to its scope as the layout needs it. */
export function indexesOf(declarations: readonly Declaration[], place: Place): IndexDescription[] {
  const { kind: _, ...scope } = place.fields;
  const mixed = "kind" in place.fields;
  const indexes = declarations.flatMap(({ kind, indexes, serverSchema }) =>
    indexes.map(({ name, fields, unique }): IndexDescription => {
      const own = Object.fromEntries(fields);
      // Unique where they are present: the server takes what is absent for one and the same value, and empty arrays likewise.
      const present = fields.flatMap(([path]) => presenceOf(serverSchema, path));
      const filter = {
        // Among kinds, a unique index must see its own only; another kind's documents all lack its fields.
        ...(mixed ? { kind } : {}),
        ...Object.fromEntries(present.map((path) => [path, { $exists: true }])),
      };
      if (unique && Object.keys(filter).length > 0)
        return {
          name: `${kind}_${name}`,
          key: mixed ? own : { ...prefixOf(scope), ...own },
          unique,
          partialFilterExpression: filter,
        };
      const prefix = prefixOf(mixed ? { kind } : scope);
      return { name: `${kind}_${name}`, key: { ...prefix, ...own }, ...(unique ? { unique } : {}) };
    }),
  );
  // The server has one background thread for all TTL indexes: none that is not needed.
  if (declarations.some(({ expires }) => expires))
    indexes.push({ name: EXPIRY, key: { expiresAt: 1 }, expireAfterSeconds: 0 });
  return indexes;
}

/** Tells whether two indexes do the same, whatever they are called. */
export function isSameIndex(wanted: IndexDescription, present: IndexDescriptionInfo): boolean {
  return definitionOf(wanted) === definitionOf(present);
}

function definitionOf(index: IndexDescription | IndexDescriptionInfo): string {
  const { key, unique = false, partialFilterExpression = {}, expireAfterSeconds = null } = index;
  const fields = key instanceof Map ? [...key] : Object.entries(key);
  return BSON.EJSON.stringify([
    fields.map(([field, direction]) => [field, Number(direction)]),
    unique,
    partialFilterExpression,
    expireAfterSeconds === null ? null : Number(expireAfterSeconds),
  ]);
}

function prefixOf(fields: object): Record<string, 1> {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, 1 as const]));
}

/** Gives the path of which a document must have something to have a value of that field; none where each has one. */
function presenceOf(serverSchema: Record<string, unknown>, path: string): string[] {
  const [root, ...steps] = path.split(".");
  if (root !== "data") return root === "expiresAt" ? [path] : [];
  let schema: Record<string, unknown> | undefined = serverSchema;
  let mayBeAbsent = false;
  for (const step of steps) {
    const required: unknown = schema?.required;
    mayBeAbsent ||= !Array.isArray(required) || !required.includes(step);
    schema = (schema?.properties as Record<string, Record<string, unknown>> | undefined)?.[step];
  }
  if (schema?.bsonType === "array" && !(Number(schema.minItems) > 0)) return [`${path}.0`];
  return mayBeAbsent ? [path] : [];
}
