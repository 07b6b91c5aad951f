import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import { identityOf, parentIdentity } from "./names.ts";

/** The keys of what ties a table to its parents. */
export function familyOf(catalog: Catalog, table: string): string[] {
  const prefix = `inheritance:${table} `;
  const partition = `partition:${table}`;
  return [...catalog.objects.keys()].filter((key) => key === partition || key.startsWith(prefix));
}

/** The keys of the tables that have a table as their parent. */
export function childrenOf(table: string, { objects }: Catalog): string[] {
  const of = identityOf(table);
  return [...objects.values()].flatMap((tie) =>
    (tie.kind === "partition" || tie.kind === "inheritance") && tie.properties.of === of ? [tie.parent!] : [],
  );
}

/** Tells whether a table has an index or a constraint that is made like another's, or one of its parents gives it one. */
export function hasSame(table: string, object: CatalogObject, catalog: Catalog): boolean {
  const tables = new Set([table]);
  for (const each of tables)
    for (const tie of familyOf(catalog, each))
      for (const parent of catalog.needs.get(tie)!) if (parent.startsWith("table:")) tables.add(parent);
  const make = makeOf(object);
  return [...catalog.objects.values()].some((one) => tables.has(one.parent!) && makeOf(one) === make);
}

/** Gives the indexes and keys of the tables that one is a partition of that are made like its own. */
export function likeAbove(own: CatalogObject, { objects }: Catalog): string[] {
  const make = makeOf(own);
  if (make === null) return [];
  const found: string[] = [];
  for (let tie = objects.get(`partition:${own.parent}`); tie?.kind === "partition"; ) {
    const whole = `table:${tie.properties.of}`;
    for (const one of objects.values()) if (one.parent === whole && makeOf(one) === make) found.push(one.key);
    tie = objects.get(`partition:${whole}`);
  }
  return found;
}

/** Gives the foreign keys that refer to what a partition is one of: PostgreSQL drops it only when it is none any more. */
export function referringTo(tie: ObjectOf<"partition">, { objects }: Catalog): ObjectOf<"constraint">[] {
  const wholes = new Set<string>();
  for (let at: CatalogObject | undefined = tie; at?.kind === "partition"; ) {
    wholes.add(at.properties.of);
    at = objects.get(`partition:table:${at.properties.of}`);
  }
  return [...objects.values()].filter(
    (one): one is ObjectOf<"constraint"> =>
      one.kind === "constraint" &&
      one.properties.type === "foreign key" &&
      [...wholes].some((whole) => one.properties.definition.includes(` REFERENCES ${whole}(`)),
  );
}

export const isReferredTo = (tie: ObjectOf<"partition">, catalog: Catalog): boolean =>
  referringTo(tie, catalog).length > 0;

/** Gives an index or a constraint but for its name and its table's. */
function makeOf({ kind, properties }: CatalogObject): string | null {
  if (kind === "constraint") return properties.definition;
  return kind === "index"
    ? properties.definition.replace(/ INDEX .*? ON (?:"(?:[^"]|"")*"|[^\s"])+ /, " INDEX ")
    : null;
}

/** Tells whether a parent's column goes while a child keeps it, with what is stored in it: as a column of its own from then on. */
export function isKeptBelow(column: CatalogObject, base: Catalog, head: Catalog): boolean {
  if (head.objects.has(column.key)) return false;
  const table = parentIdentity(column);
  return [...base.objects.values()].some(
    (tie) =>
      tie.kind === "inheritance" &&
      tie.properties.of === table &&
      head.objects.has(`column:${parentIdentity(tie)}.${column.name}`),
  );
}
