import type { IndexDescription } from "mongodb";
import type { Declaration } from "./declaration.ts";
import type { Place } from "./layout.ts";

/** The TTL index's name; all kinds of a collection share it. */
const EXPIRY = "expiry";

/** The indexes of a collection that holds these kinds, each confined to its scope as the layout needs it. */
export function indexesOf(declarations: readonly Declaration[], place: Place): IndexDescription[] {
  const { kind: _, ...scope } = place.fields;
  const mixed = "kind" in place.fields;
  const indexes = declarations.flatMap(({ kind, indexes }) =>
    indexes.map(({ name, fields, unique }): IndexDescription => {
      const own = Object.fromEntries(fields);
      // Among kinds, a unique index must see its own only; another kind's documents all lack its fields.
      if (unique && mixed)
        return { name: `${kind}_${name}`, key: own, unique, partialFilterExpression: { kind } };
      const prefix = Object.fromEntries(
        Object.keys(mixed ? { kind } : scope).map((field) => [field, 1 as const]),
      );
      return { name: `${kind}_${name}`, key: { ...prefix, ...own }, ...(unique ? { unique } : {}) };
    }),
  );
  // The server has one background thread for all TTL indexes: none that is not needed.
  if (declarations.some(({ expires }) => expires))
    indexes.push({ name: EXPIRY, key: { expiresAt: 1 }, expireAfterSeconds: 0 });
  return indexes;
}
