import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import { buildCatalog } from "../../src/analysis/build-catalog.ts";
import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { typeNames } from "../../src/emit/type-names.ts";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { readQueries } from "../../src/source/queries.ts";
import { catalogReader } from "../catalog-reader.ts";

/** What the columns and parameters of a query are in TypeScript. */
export interface TypesOfQuery {
  columns(options?: object): string[];
  params(options?: object): string[];
}

/** Analyses a query on a schema. */
export async function typesOfQuery(schema: string, sql: string): Promise<TypesOfQuery> {
  const engine = await EmbeddedEngine.start();
  try {
    await engine.run(schema);
    const catalog = catalogReader(engine);
    await catalog.prefetch();
    const [source] = readQueries("q.sql", `-- name: Q :many\n${sql};\n`).queries;
    const result = await analyzeQuery(source!, engine, catalog);
    if (!("query" in result)) throw new Error(JSON.stringify(result.diagnostics));
    const { query } = result;
    const built = await buildCatalog(CatalogFacts.of(catalog), [query]);
    const names = (options: object) =>
      typeNames({ index: 0, catalog: built, queries: [query] }, typescriptOptions.parse(options));
    return {
      columns: (options = {}) => query.columns.map((column) => names(options).column(column, query)),
      params: (options = {}) => query.params.map((param) => names(options).param(param, query)),
    };
  } finally {
    await engine.close();
  }
}
