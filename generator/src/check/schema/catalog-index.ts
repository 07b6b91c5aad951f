import { once } from "../../model/once.ts";
import type { Catalog, CatalogObject, ObjectKind, ObjectOf } from "./catalog.ts";

// What is asked of a catalog for each query and each change: whoever walks all of its objects for it takes the product of the three.

/** Gives the objects of a kind, in the catalog's order. */
export function objectsOf<Kind extends ObjectKind>(kind: Kind, catalog: Catalog): readonly ObjectOf<Kind>[] {
  return (indexOf(catalog).kinds.get(kind) ?? []) as readonly ObjectOf<Kind>[];
}

/** Gives the objects of a kind that are a part of another, in the catalog's order. @param parent its key */
export function childrenOf<Kind extends ObjectKind>(
  kind: Kind,
  parent: string | null,
  catalog: Catalog,
): readonly ObjectOf<Kind>[] {
  const parts = parent === null ? undefined : indexOf(catalog).parts.get(parent);
  return (parts ?? []).filter((one): one is ObjectOf<Kind> => one.kind === kind);
}

/** Gives the columns of tables that have a type, in the catalog's order. @param type as it is written in SQL */
export function columnsOf(type: string, catalog: Catalog): readonly ObjectOf<"column">[] {
  return indexOf(catalog).columns.get(type) ?? [];
}

/** Gives what needs an object to exist. @param key of the object */
export function dependentsOf(key: string, catalog: Catalog): readonly CatalogObject[] {
  return indexOf(catalog).dependents.get(key) ?? [];
}

interface Index {
  readonly kinds: ReadonlyMap<ObjectKind, readonly CatalogObject[]>;
  /** By the key of what they are a part of. */
  readonly parts: ReadonlyMap<string, readonly CatalogObject[]>;
  /** By their type. */
  readonly columns: ReadonlyMap<string, readonly ObjectOf<"column">[]>;
  /** By the key of what they need. */
  readonly dependents: ReadonlyMap<string, readonly CatalogObject[]>;
}

/** For as long as the catalog is held. */
const INDEXES = new WeakMap<Catalog, Index>();

const indexOf = (catalog: Catalog): Index => once(INDEXES, catalog, () => makeIndex(catalog));

function makeIndex({ objects, needs }: Catalog): Index {
  const kinds = new Map<ObjectKind, CatalogObject[]>();
  const parts = new Map<string, CatalogObject[]>();
  const columns = new Map<string, ObjectOf<"column">[]>();
  const dependents = new Map<string, CatalogObject[]>();
  for (const object of objects.values()) {
    once(kinds, object.kind, () => []).push(object);
    if (object.parent !== null) once(parts, object.parent, () => []).push(object);
    if (object.kind === "column") once(columns, object.properties.type, () => []).push(object);
    for (const needed of needs.get(object.key) ?? []) once(dependents, needed, () => []).push(object);
  }
  return { kinds, parts, columns, dependents };
}
