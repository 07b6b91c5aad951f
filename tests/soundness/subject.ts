import { analyzeQuery } from "../../generator/src/analysis/analyze-query.ts";
import { buildCatalog } from "../../generator/src/analysis/build-catalog.ts";
import { CatalogFacts } from "../../generator/src/infer/catalog-facts.ts";
import type { Catalog } from "../../generator/src/model/catalog.ts";
import type { Query } from "../../generator/src/model/query.ts";
import type { QuerySource } from "../../generator/src/model/source.ts";
import type { Engine } from "../../generator/src/postgres/engine.ts";
import { EmbeddedEngine } from "../../generator/src/postgres/pglite.ts";
import { readQueries } from "../../generator/src/source/queries.ts";
import { catalogReader } from "../../generator/test/catalog-reader.ts";
import { brokenClaim, brokenCount } from "./claims.ts";
import { type Executor, openExecutors } from "./executors.ts";
import { FILLINGS, SCHEMA } from "./schema.ts";

/** The analysis, and servers that its claims are tried on. */
export interface Subject {
  /** What a row of some filling says against the analysis; null where there is nothing, or the query is no query. */
  broken(sql: string): Promise<string | null>;
  /** The same, beside the query. */
  tried(sql: string): Promise<{ readonly query: Query | null; readonly broken: string | null }>;
  /** The query of a file, as it is generated of; null where it is refused. */
  annotated(text: string): Promise<Query | null>;
  readonly counts: { tried: number; accepted: number; rows: number };
  /** What was accepted. */
  readonly held: ReadonlySet<Query>;
  /** Those that delivered a row. */
  readonly delivering: ReadonlySet<Query>;
  /** What PostgreSQL said of the others, and how often. */
  readonly refused: ReadonlyMap<string, number>;
  readonly executors: readonly Executor[];
  /** With all that the accepted queries mention. */
  catalog(): Promise<Catalog>;
  close(): Promise<void>;
}

/** Tables, and what they are filled with, by name. */
export interface World {
  readonly schema: string;
  readonly fillings: Readonly<Record<string, string>>;
  /** The schema's last statements, which come after the data: constraints that it breaks. */
  readonly late?: string;
  /** Precedes each query in its transaction: what breaks deferred constraints. */
  readonly before?: string;
  /** Tries each query as this role, too, whom policies hold for. */
  readonly role?: string;
}

/** @param engine the one to analyse with; closed with the subject */
export async function openSubject(
  world: World = { schema: SCHEMA, fillings: FILLINGS },
  engine: Engine | null = null,
): Promise<Subject> {
  engine ??= await EmbeddedEngine.start();
  await engine.run(`${world.schema}${world.late ?? ""}`);
  const reader = catalogReader(engine);
  await reader.prefetch();
  const executors = await openExecutors(world);
  const counts = { tried: 0, accepted: 0, rows: 0 };
  const held = new Set<Query>();
  const delivering = new Set<Query>();
  const refused = new Map<string, number>();
  const kept = async (source: QuerySource): Promise<Query | null> => {
    const result = await analyzeQuery(source, engine, reader);
    if ("query" in result) return result.query;
    const why = result.diagnostics.find(({ severity }) => severity === "error")?.message ?? "";
    refused.set(why, (refused.get(why) ?? 0) + 1);
    return null;
  };
  const brokenOn = async (query: Query): Promise<string | null> => {
    for (const executor of executors) {
      for await (const { filling, rows } of executor.rows(query.sql.text)) {
        counts.rows += rows.length;
        if (rows.length > 0) delivering.add(query);
        const brokenRows = brokenCount(query, rows.length);
        if (brokenRows) return `${brokenRows} (${executor.name}, ${filling})`;
        for (const row of rows) {
          const broken = brokenClaim(query, row);
          if (broken) return `${broken} (${executor.name}, ${filling})`;
        }
      }
    }
    return null;
  };
  const tried: Subject["tried"] = async (sql) => {
    counts.tried++;
    const query = await kept(sourceOf(sql));
    if (!query) return { query, broken: null };
    counts.accepted++;
    held.add(query);
    return { query, broken: await brokenOn(query) };
  };
  return {
    annotated: async (text) => {
      const [source] = readQueries("query.sql", text).queries;
      return source ? kept(source) : null;
    },
    counts,
    held,
    delivering,
    refused,
    executors,
    catalog: () => buildCatalog(CatalogFacts.of(reader), [...held]),
    tried,
    broken: async (sql) => (await tried(sql)).broken,
    async close() {
      await engine.close();
      for (const executor of executors) await executor.close();
    },
  };
}

function sourceOf(text: string): QuerySource {
  const span = { file: "query.sql", start: 0, end: 1 };
  return {
    name: "Q",
    command: ":many",
    span,
    line: 1,
    comments: [],
    text,
    params: [],
    embeds: [],
    toFile: (o) => o,
  };
}
