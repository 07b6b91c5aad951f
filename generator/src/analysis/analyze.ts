import { cacheFolder } from "../cache/cache-folder.ts";
import { ContentCache, schemaKey } from "../cache/content-cache.ts";
import type { QuerySetConfig } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Analysis, QuerySet } from "../model/analysis.ts";
import type { Catalog } from "../model/catalog.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Query } from "../model/query.ts";
import { inFiles, type QuerySource } from "../model/source.ts";
import {
  parseQueries,
  parseSchema,
  readFiles,
  type Source,
  type SourceFiles,
} from "../source/read-source.ts";
import type { DatabaseSource, Opening } from "./database.ts";
import { overlap } from "./overlap.ts";
import { versionOfDump } from "./target-version.ts";

export interface AnalyzeOptions {
  readonly cache: boolean;
  /** The files of each query set, where they have been read already. */
  readonly files?: readonly SourceFiles[];
  /** Whether something is known to have changed, so that the database will be needed. */
  readonly hasChanged?: boolean;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  /** Told what goes on when the analysis is over: keeping it for the next run. Where it is left out, `analyze` waits for it. */
  readonly meanwhile?: (work: Promise<void>) => void;
}

export interface Entry {
  readonly set: QuerySetConfig;
  readonly source: Source;
}

interface CachedAnalysis {
  readonly catalog: Catalog;
  readonly queries: readonly Query[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Analyses every query set of the configuration. Entries with the same schema share one database. */
export async function analyze(loaded: LoadedConfig, options: AnalyzeOptions): Promise<Analysis> {
  const home = loaded.home ?? loaded.root;
  const cache = new ContentCache(options.cache ? cacheFolder(home) : null);
  const diagnostics: Diagnostic[] = [...loaded.diagnostics];
  const isEmbedded = loaded.config.querySets.some((set) => set.databaseUri === undefined);
  // It loads while the files are read.
  if (isEmbedded && (options.hasChanged || !cache.exists)) await warmUpDatabase();
  const read = await Promise.all(
    loaded.config.querySets.map(async (set, i) => {
      const files = options.files?.[i] ?? (await readFiles(loaded.root, set));
      return { set, files, ...parseSchema(files) };
    }),
  );
  const [first] = read;
  // And starts while the queries are parsed.
  const opening =
    options.hasChanged && first !== undefined && first.set.databaseUri === undefined
      ? await openFirst(schemaKey(undefined, first.schema, home), home, first.schema, cache)
      : undefined;
  const entries = read.map(({ set, files, schema, isSchemaWhole, diagnostics: ofFiles }): Entry => {
    const { queries, diagnostics: ofQueries } = parseQueries(set, files);
    return { set, source: { schema, isSchemaWhole, queries, diagnostics: [...ofFiles, ...ofQueries] } };
  });
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = schemaKey(entry.set.databaseUri, entry.source.schema, home);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  const total = entries.reduce((sum, entry) => sum + entry.source.queries.length, 0);
  let done = 0;
  const querySets: QuerySet[] = [];
  let keeping = Promise.resolve();
  for (const [key, group] of groups) {
    // One database at a time.
    await keeping;
    const found = await analyzeGroup(
      {
        key,
        root: home,
        cache,
        meanwhile: (work) => (keeping = work),
        opening: opening?.key === key ? opening : undefined,
      },
      group,
      (name) => options.onProgress?.(++done, total, name),
    );
    querySets.push(...found.querySets);
    // The same text may be made of other files than it was when its diagnostics were kept.
    diagnostics.push(...inFiles(found.diagnostics, group[0]?.source.schema ?? []));
  }
  if (options.meanwhile) options.meanwhile(keeping);
  else await keeping;
  querySets.sort((a, b) => a.index - b.index);
  return {
    querySets,
    diagnostics: inOrder(
      withoutRepetitions([...entries.flatMap((e) => e.source.diagnostics), ...diagnostics]),
    ),
  };
}

async function warmUpDatabase(): Promise<void> {
  (await import("../postgres/embedded.ts")).warmUp();
}

async function openFirst(
  key: string,
  root: string,
  schema: Source["schema"],
  cache: ContentCache,
): Promise<Opening> {
  const { openEmbedded } = await import("./database.ts");
  return openEmbedded({ key, root, schema, cache });
}

async function analyzeGroup(
  {
    key,
    root,
    cache,
    meanwhile,
    opening,
  }: Pick<DatabaseSource, "key" | "root" | "cache" | "meanwhile" | "opening">,
  group: readonly Entry[],
  onQuery: (name: string) => void,
): Promise<{ querySets: QuerySet[]; diagnostics: Diagnostic[] }> {
  const uncached = group.some(({ set }) => set.databaseUri !== undefined);
  const whole = ContentCache.key(
    key,
    ...group.flatMap(({ set, source }) => [
      String(set.index),
      String(targetOf(set, source)),
      ...source.queries.map(fingerprint),
    ]),
  );
  const hit = uncached ? null : await cache.read<CachedAnalysis & { sets: number[][] }>("analysis", whole);
  if (hit) {
    await opening?.close();
    return {
      querySets: group.map(({ set }, i) => ({
        index: set.index,
        catalog: hit.catalog,
        queries: hit.sets[i]!.map((n) => hit.queries[n]!),
      })),
      diagnostics: [...hit.diagnostics],
    };
  }
  if (!uncached && opening === undefined) await warmUpDatabase();
  const { withDatabase } = await import("./database.ts");
  const { parseAhead, parseStatement } = await import("../postgres/raw-parse.ts");
  // A schema that was not kept takes a while to be applied; of one that was, most queries are known too.
  const parse =
    opening?.applied === null
      ? parseAhead(group.flatMap(({ source }) => source.queries.map(({ text }) => text)))
      : parseStatement;
  return withDatabase(
    {
      key,
      root,
      schema: group[0]!.source.schema,
      databaseUri: group[0]!.set.databaseUri,
      cache,
      ...(meanwhile && { meanwhile }),
      opening,
    },
    async (database) => {
      const diagnostics: Diagnostic[] = [...database.diagnostics];
      const isBroken =
        database.diagnostics.some((d) => d.severity === "error") ||
        group.some(({ source }) => !source.isSchemaWhole);
      const queries: Query[] = [];
      const sets: number[][] = [];
      const { analyzeQuery } = await import("./analyze-query.ts");
      for (const { set, source } of group) {
        const results = await overlap(source.queries, AT_ONCE, async (query) => {
          const target = targetOf(set, source);
          const result = await database.remember(`${target} ${fingerprint(query)}`, () =>
            analyzeQuery(query, database.engine, database.reader, parse, target),
          );
          onQuery(query.name);
          return result;
        });
        const own: number[] = [];
        for (const result of results) {
          if ("query" in result) {
            own.push(queries.push(result.query) - 1);
            diagnostics.push(...(result.diagnostics ?? []));
          } else
            diagnostics.push(
              ...result.diagnostics.filter((d) => !(isBroken && UNDEFINED.has(d.sqlState ?? ""))),
            );
        }
        sets.push(own);
      }
      const { buildCatalog } = await import("./build-catalog.ts");
      const { CatalogFacts } = await import("../infer/catalog-facts.ts");
      const catalog = await buildCatalog(CatalogFacts.of(database.reader), queries);
      await cache.write("analysis", whole, {
        catalog: { types: catalog.types, relations: catalog.relations },
        queries,
        diagnostics,
        sets,
      });
      return {
        querySets: group.map(({ set }, i) => ({
          index: set.index,
          catalog,
          queries: sets[i]!.map((n) => queries[n]!),
        })),
        diagnostics,
      };
    },
  );
}

/** The release that the queries run on, where it is known and the embedded one stands in for it. */
function targetOf({ targetVersion, databaseUri }: QuerySetConfig, { schema }: Source): number | null {
  if (databaseUri !== undefined) return null;
  return targetVersion ?? versionOfDump(schema);
}

/** Enough that the database always has a next statement, few enough to keep little in memory. */
const AT_ONCE = 16;

/** undefined_table, _column, _function, _object, invalid_schema_name: with a broken schema these merely say it again. */
const UNDEFINED = new Set(["42P01", "42703", "42883", "42704", "3F000"]);

/** Everything about a query that its analysis depends on, positions included. */
export function fingerprint(query: QuerySource): string {
  return JSON.stringify([
    query.name,
    query.command,
    query.span,
    query.line,
    query.comments,
    query.text,
    query.params,
    query.embeds,
  ]);
}

/** By file and place; what stands nowhere comes last. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...diagnostics].sort(({ span: a }, { span: b }) => {
    if (!a || !b) return Number(!a) - Number(!b);
    return compare(a.file, b.file) || a.start - b.start;
  });
}

/** Entries that share a file share what is wrong with it. */
function withoutRepetitions(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((d) => [JSON.stringify(d), d])).values()];
}
