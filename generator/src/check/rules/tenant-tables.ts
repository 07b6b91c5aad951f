import type { VetOptions } from "../../config/options/vet.ts";
import type { RawColumn, RawRelation } from "../../postgres/catalog-objects.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { lists } from "./listed-tables.ts";

type TenantOptions = NonNullable<VetOptions["tenant"]>;

export interface TenantTable {
  /** As the configuration names it. */
  readonly name: string;
  readonly relation: RawRelation;
  /** The column that says whose row it is. */
  readonly key: RawColumn;
}

/** Finds the tenant's key of a table or view; null where it has none, or may be read across tenants. */
export function tenantTable(
  relid: number,
  catalog: CatalogReader,
  { column, except, tables }: TenantOptions,
): TenantTable | null {
  const relation = catalog.relation(relid);
  if (!relation || lists(except, relation)) return null;
  const name = relation.schema === "public" ? relation.name : `${relation.schema}.${relation.name}`;
  const wanted = tables[name] ?? tables[`${relation.schema}.${relation.name}`] ?? column;
  const key = [...relation.columns.values()].find((c) => c.name === wanted);
  return key ? { name, relation, key } : null;
}
