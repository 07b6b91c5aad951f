import type { QuerySetConfig } from "../../config/config.ts";
import { CatalogFacts } from "../../infer/catalog-facts.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Query } from "../../model/query.ts";
import type { QuerySource } from "../../model/source.ts";
import type { CatalogReader } from "../../postgres/catalog-reader.ts";
import { type Engine, PostgresError } from "../../postgres/engine.ts";
import type { Project } from "../../project/project.ts";
import { readConstraints } from "./constraints.ts";
import type { Facts } from "./difference.ts";
import { readColumnFacts } from "./facts.ts";

/** What became of queries on a schema. */
export interface Tried extends Facts {
  /** In the order of the lists that were given. */
  readonly outcomes: readonly (readonly Outcome[])[];
}

/** The query as PostgreSQL understands it on that schema, or what PostgreSQL says against it. */
export type Outcome = { readonly query: Query } | { readonly problem: string };

/**
 * Tries queries on the schema of a project, each with the text that its client sends.
 * @returns null, with diagnostics, where the schema itself is wrong
 */
export async function tryOn(
  schemaOf: Project,
  set: QuerySetConfig,
  lists: readonly (readonly Query[])[],
): Promise<{ readonly tried: Tried | null; readonly diagnostics: readonly Diagnostic[] }> {
  return schemaOf.use(set, "nothing", async ({ engine, reader, diagnostics }) => {
    if (diagnostics.some(({ severity }) => severity === "error")) return { tried: null, diagnostics };
    return { tried: await tryQueries(engine, reader, lists), diagnostics };
  });
}

/** Tries queries on the schema that the engine holds. */
export async function tryQueries(
  engine: Engine,
  reader: CatalogReader,
  lists: readonly (readonly Query[])[],
): Promise<Tried> {
  const { analyzeQuery } = await import("../../analysis/analyze-query.ts");
  const { buildCatalog } = await import("../../analysis/build-catalog.ts");
  const outcomes: Outcome[][] = [];
  for (const list of lists) {
    const own: Outcome[] = [];
    for (const query of list) {
      const result = await analyzeQuery(asSent(query), engine, reader);
      const refusal =
        "query" in result ? await planningProblem(engine, query) : result.diagnostics[0]?.message;
      own.push("query" in result && refusal === null ? result : { problem: refusal ?? "it was refused" });
    }
    outcomes.push(own);
  }
  const queries = outcomes.flat().flatMap((outcome) => ("query" in outcome ? [outcome.query] : []));
  return {
    catalog: await buildCatalog(CatalogFacts.of(reader), queries),
    constraints: await readConstraints(engine),
    ...(await readColumnFacts(engine)),
    outcomes,
  };
}

/** The text that generated code holds: stars expanded, macros replaced. What was inferred of parameters is inferred anew. */
function asSent(query: Query): QuerySource {
  const {
    name,
    command,
    span,
    line,
    comments,
    sql: { text },
  } = query;
  const params = query.params.map((p) => ({
    number: p.number,
    name: p.name,
    nullable: false,
    slice: p.slice,
  }));
  return { name, command, span, line, comments, text, params, embeds: [], toFile: () => span.start };
}

/** Some refusals come only when a plan is made, such as that of an ON CONFLICT whose index is gone. */
async function planningProblem(engine: Engine, query: Query): Promise<string | null> {
  if (query.statement === "utility") return null;
  try {
    for (const text of new Set([query.sql.text, ...query.sql.variants.map((one) => one.text)]))
      await engine.attempt(`explain (generic_plan) ${text}`);
    return null;
  } catch (error) {
    if (error instanceof PostgresError) return error.message;
    throw error;
  }
}
