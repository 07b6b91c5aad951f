import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";

/**
 * The table that rows go to which are written to a relation: that of a view which PostgreSQL updates by itself; undefined
 * where rules, or triggers in place of the command, decide.
 */
export function writtenTable(
  relation: RawRelation | undefined,
  catalog: CatalogReader,
): RawRelation | undefined {
  if (!relation || relation.hasRules) return undefined;
  return relation.kind === "view" ? writtenTable(readByView(relation, catalog), catalog) : relation;
}

/** Tells whether a rule, here or of what a view reads, may make other commands of the one that writes to the relation. */
export function isRewritten(relation: RawRelation | undefined, catalog: CatalogReader): boolean {
  if (!relation || relation.hasRewriteRules) return true;
  if (relation.kind !== "view" || relation.hasRules) return false;
  return isRewritten(readByView(relation, catalog), catalog);
}

/** Gives the one relation that a view reads which PostgreSQL updates by itself; undefined where it reads none, or several. */
export function readByView({ viewQuery }: RawRelation, catalog: CatalogReader): RawRelation | undefined {
  const [item] = viewQuery?.jointree?.fromlist ?? [];
  const rte = item?.kind === "RangeTblRef" ? viewQuery?.rtable[item.rtindex - 1] : undefined;
  return rte?.rtekind === "RTE_RELATION" ? catalog.relation(rte.relid) : undefined;
}
