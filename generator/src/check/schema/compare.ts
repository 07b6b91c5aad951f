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
    if (from === undefined || isOfServer(to, base, head)) continue;
    const properties = differences(from, to);
    if (properties.length > 0) changed.push({ from, to, properties });
  }
  return {
    added: [...head.objects.values()].filter(
      (one) => !base.objects.has(one.key) && !isCommentOfServer(one, base, head),
    ),
    removed: [...base.objects.values()].filter(
      (one) => !head.objects.has(one.key) && !isCommentOfServer(one, base, head),
    ),
    changed,
  };
}

/** Tells whether it is, or says of, a role that the server had: between two readings others may have changed it. */
function isOfServer({ key, parent }: CatalogObject, base: Catalog, head: Catalog): boolean {
  const isTheirs = (role: string): boolean => base.rolesOfServer.has(role) || head.rolesOfServer.has(role);
  return isTheirs(key) || (parent !== null && isTheirs(parent));
}

/** Tells whether a comment is there on one side alone, on a role that both have. */
function isCommentOfServer(object: CatalogObject, base: Catalog, head: Catalog): boolean {
  const { parent } = object;
  return (
    parent !== null && base.objects.has(parent) && head.objects.has(parent) && isOfServer(object, base, head)
  );
}

export function isSame({ added, removed, changed }: Comparison): boolean {
  return added.length + removed.length + changed.length === 0;
}

function differences(from: CatalogObject, to: CatalogObject): string[] {
  const left = from.properties as Readonly<Record<string, unknown>>;
  const right = to.properties as Readonly<Record<string, unknown>>;
  return Object.keys(right).filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
}
