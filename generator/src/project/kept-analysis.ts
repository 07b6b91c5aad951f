import type { QuerySetOrigin } from "../model/analysis.ts";
import type { Catalog } from "../model/catalog.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Query } from "../model/query.ts";

/** The analysis of all queries of a schema, as it is kept. */
export interface KeptAnalysis {
  readonly catalog: Catalog;
  readonly queries: readonly Query[];
  /** What the queries were made of, as `QuerySetOrigin` has it. */
  readonly origin: QuerySetOrigin | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The queries of each set, by their place in `queries`. */
  readonly sets: readonly (readonly number[])[];
}
