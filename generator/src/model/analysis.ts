import type { Catalog } from "./catalog.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Query } from "./query.ts";
import type { SchemaFile } from "./source.ts";

/** One `sql:` entry of the configuration, analysed. */
export interface QuerySet {
  /** Index in the configuration's `sql:` list. */
  readonly index: number;
  readonly catalog: Catalog;
  /** In the order of files and of appearance; only those that could be analysed. */
  readonly queries: readonly Query[];
  /** The files that the catalog was made of, in their order; missing where it is a server's. */
  readonly schema?: readonly SchemaFile[];
  /** What it was made of; missing where that is not known, as of a server's schema. */
  readonly origin?: QuerySetOrigin;
}

/** What tells whether two analyses are the same: equal origins have equal results. */
export interface QuerySetOrigin {
  /** Of the application of the schema, which oids are those of. */
  readonly schema: string;
  /** Of each query, in their order. */
  readonly queries: readonly string[];
}

export interface Analysis {
  readonly querySets: readonly QuerySet[];
  readonly diagnostics: readonly Diagnostic[];
}
