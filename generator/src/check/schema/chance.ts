import type { Catalog, CatalogObject } from "./catalog.ts";
import { compareCatalogs } from "./compare.ts";

/** What a run may have made up: uuids, moments, long numbers. */
const MADE_UP =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d[.\d]*(?:[+-]\d\d(?::?\d\d)?)?)?|\b[0-9a-f]{16,}\b|\d+\.\d{6,}|\b\d{9,}\b/gi;

const masked = (object: CatalogObject): string => JSON.stringify(object.properties).replace(MADE_UP, "?");

/** Tells whether something differs in nothing but values that the run of a migration may have made up (`gen_random_uuid()` in a default). */
export function mayBeChance(base: Catalog, head: Catalog): boolean {
  return compareCatalogs(base, head).changed.some(({ from, to }) => masked(from) === masked(to));
}

/**
 * The head without the changes that are chance: an object that came out otherwise when the same schema was built once more, and otherwise differs
 * from the base in nothing, is as it is in the base.
 */
export function withoutChance(base: Catalog, head: Catalog, again: Catalog): Catalog {
  const objects = new Map(head.objects);
  for (const { from, to } of compareCatalogs(base, head).changed) {
    const other = again.objects.get(to.key);
    if (other === undefined || JSON.stringify(other.properties) === JSON.stringify(to.properties)) continue;
    if (masked(from) === masked(to))
      objects.set(to.key, { ...to, properties: from.properties } as CatalogObject);
  }
  return { ...head, objects };
}
