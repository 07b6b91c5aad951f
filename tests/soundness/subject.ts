import { analyzeQuery } from "../../generator/src/analysis/analyze-query.ts";
import type { Query } from "../../generator/src/model/query.ts";
import type { QuerySource } from "../../generator/src/model/source.ts";
import { CatalogReader } from "../../generator/src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../generator/src/postgres/pglite.ts";
import { brokenClaim, brokenCount } from "./claims.ts";
import { openExecutors } from "./executors.ts";
import { FILLINGS, SCHEMA } from "./schema.ts";

/** The analysis, and servers that its claims are tried on. */
export interface Subject {
  /** What a row of some filling says against the analysis; null where there is nothing, or the query is no query. */
  broken(sql: string): Promise<string | null>;
  analyse(sql: string): Promise<Query | null>;
  readonly counts: { tried: number; accepted: number; rows: number };
  close(): Promise<void>;
}

/** Tables, and what they are filled with, by name. */
export interface World {
  readonly schema: string;
  readonly fillings: Readonly<Record<string, string>>;
}

export async function openSubject(world: World = { schema: SCHEMA, fillings: FILLINGS }): Promise<Subject> {
  const engine = await EmbeddedEngine.start();
  await engine.run(world.schema);
  const reader = new CatalogReader(engine);
  await reader.prefetch();
  const executors = await openExecutors(world);
  const counts = { tried: 0, accepted: 0, rows: 0 };
  const analyse = async (sql: string): Promise<Query | null> => {
    const result = await analyzeQuery(sourceOf(sql), engine, reader);
    return "query" in result ? result.query : null;
  };
  return {
    counts,
    analyse,
    async broken(sql) {
      counts.tried++;
      const query = await analyse(sql);
      if (!query) return null;
      counts.accepted++;
      for (const executor of executors) {
        for await (const { filling, rows } of executor.rows(query.sql)) {
          counts.rows += rows.length;
          const brokenRows = brokenCount(query, rows.length);
          if (brokenRows) return `${brokenRows} (${executor.name}, ${filling})`;
          for (const row of rows) {
            const broken = brokenClaim(query, row);
            if (broken) return `${broken} (${executor.name}, ${filling})`;
          }
        }
      }
      return null;
    },
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
