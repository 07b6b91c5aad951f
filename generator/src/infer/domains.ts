import type { Oid } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";

/** Tells whether a domain, or one that it is based on, refuses NULL. */
export function isNotNullDomain(oid: Oid, catalog: CatalogReader): boolean {
  const type = catalog.type(oid);
  return type?.kind === "domain" && (type.notNull || isNotNullDomain(type.base, catalog));
}
