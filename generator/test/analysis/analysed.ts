import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import type { Query } from "../../src/model/query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import type { Engine } from "../../src/postgres/engine.ts";
import { readQueries } from "../../src/source/queries.ts";

export interface Analysed {
  readonly query: Query | null;
  /** Those of the file, too. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Analyses the first query of a file's text. */
export async function analysed(text: string, engine: Engine, reader: CatalogReader): Promise<Analysed> {
  const { queries, diagnostics } = readQueries("q.sql", text);
  const result = await analyzeQuery(queries[0]!, engine, reader);
  return {
    query: "query" in result ? result.query : null,
    diagnostics: [...diagnostics, ...(result.diagnostics ?? [])],
  };
}
