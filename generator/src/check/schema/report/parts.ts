import type { Catalog, CatalogObject, ObjectKind } from "../catalog.ts";

const COLUMNS: ReadonlySet<ObjectKind> = new Set<ObjectKind>(["column", "view column", "attribute"]);
const PLURALS: Partial<Record<ObjectKind, string>> = { index: "indexes", policy: "policies" };
/** What another line tells, or is too small to be counted. */
const UNTOLD: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "default",
  "comment",
  "grant",
  "partition",
  "statistics",
]);

/** Gives what an object consists of: its columns, and the number of its other parts by kind. */
export function partsInside(
  object: CatalogObject,
  catalog: Catalog,
): { columns: CatalogObject[]; others: string[] } {
  const columns: CatalogObject[] = [];
  const counts = new Map<ObjectKind, number>();
  for (const part of catalog.objects.values()) {
    if (part.parent !== object.key || UNTOLD.has(part.kind)) continue;
    if (COLUMNS.has(part.kind)) columns.push(part);
    else counts.set(part.kind, (counts.get(part.kind) ?? 0) + 1);
  }
  const others = [...counts].map(([kind, n]) => `${n} ${n === 1 ? kind : (PLURALS[kind] ?? `${kind}s`)}`);
  return { columns, others };
}
