import type { Catalog, CatalogObject } from "./catalog.ts";

export interface ChangedObject {
  readonly from: CatalogObject;
  readonly to: CatalogObject;
  /** The names of the properties that differ. */
  readonly properties: readonly string[];
}

export interface Comparison {
  readonly added: readonly CatalogObject[];
  readonly removed: readonly CatalogObject[];
  readonly changed: readonly ChangedObject[];
}

/** Object by object, property by property. */
export function compareCatalogs(base: Catalog, head: Catalog): Comparison {
  const changed: ChangedObject[] = [];
  for (const to of head.objects.values()) {
    const from = base.objects.get(to.key);
    if (from === undefined) continue;
    const properties = differences(from, to);
    if (properties.length > 0) changed.push({ from, to, properties });
  }
  return {
    added: [...head.objects.values()].filter(({ key }) => !base.objects.has(key)),
    removed: [...base.objects.values()].filter(({ key }) => !head.objects.has(key)),
    changed,
  };
}

export function isSame({ added, removed, changed }: Comparison): boolean {
  return added.length + removed.length + changed.length === 0;
}

function differences(from: CatalogObject, to: CatalogObject): string[] {
  const left = from.properties as Readonly<Record<string, unknown>>;
  const right = to.properties as Readonly<Record<string, unknown>>;
  return Object.keys(right).filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
}
