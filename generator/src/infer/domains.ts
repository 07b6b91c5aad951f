import type { Oid, PgType } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";

/** The type that a domain is based on in the end; of any other type itself. */
export function underDomains(oid: Oid, catalog: CatalogReader): PgType | undefined {
  const type = catalog.type(oid);
  return type?.kind === "domain" ? underDomains(type.base, catalog) : type;
}

/** Tells whether a domain, or one that it is based on, refuses NULL. */
export function isNotNullDomain(oid: Oid, catalog: CatalogReader): boolean {
  const type = catalog.type(oid);
  return type?.kind === "domain" && (type.notNull || isNotNullDomain(type.base, catalog));
}
