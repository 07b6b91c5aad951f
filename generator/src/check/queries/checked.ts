import type { VetOptions } from "../../config/options/vet.ts";
import type { TreeAnalysis } from "../../infer/analysis.ts";
import type { Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import type { IndexCatalog } from "../../postgres/index-reader.ts";
import type { RawKind, RawTrees } from "../../postgres/raw-tree.ts";
import type { Query as QueryTree } from "../../postgres/tree/node-types.ts";
import type { PlanNode } from "./plan.ts";

/** A query that is vetted, with everything that PostgreSQL says of it. */
export interface CheckedQuery {
  readonly query: Query;
  readonly source: QuerySource;
  /** The grammar's node, e.g. `SelectStmt`, and its fields; of `source.text`. */
  readonly kind: RawKind;
  readonly raw: RawTrees[RawKind];
  /** The analysed `Query`; null for a utility statement. */
  readonly tree: QueryTree | null;
  readonly catalog: CatalogReader;
  readonly analysis: TreeAnalysis;
  readonly indexes: IndexCatalog;
  /** Names of the functions that the schema itself makes. */
  readonly userFunctions: ReadonlySet<string>;
  /** The generic plan with sequential scans disabled; null where there is none. */
  readonly plan: PlanNode | null;
  readonly options: VetOptions;
}
