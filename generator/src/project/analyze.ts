import { overlap } from "../analysis/overlap.ts";
import { leftOutWith } from "../analysis/schema/consequences.ts";
import { missingName } from "../analysis/schema/missing-name.ts";
import { versionOfDump } from "../analysis/target-version.ts";
import type { QuerySetConfig } from "../config/config.ts";
import type { Analysis, QuerySet } from "../model/analysis.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { distinct } from "../model/distinct.ts";
import type { Query } from "../model/query.ts";
import { inFiles } from "../model/source.ts";
import type { Source } from "../source/read-source.ts";
import type { SchemaSource } from "./engines.ts";
import { bySchema, type Entry } from "./entry.ts";
import { fingerprintAnywhere } from "./fingerprint.ts";
import type { KeptAnalysis } from "./kept-analysis.ts";
import type { Project } from "./project.ts";

export interface AnalyzeOptions {
  /** Whether something is known to have changed, so that the database will be needed. */
  readonly hasChanged?: boolean;
  /** Ends the analysis before the next query; what was found until then stays known. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

/**
 * Analyses every query set of a project. Entries with the same schema share one database.
 * @throws the signal's reason where it was cancelled
 */
export async function analyze(project: Project, options: AnalyzeOptions = {}): Promise<Analysis> {
  const { config, store, workspace } = project;
  const isEmbedded = config.querySets.some((set) => set.databaseUri === undefined);
  // It loads while the files are read.
  if (isEmbedded && (options.hasChanged || !store.exists)) workspace.warmUp();
  const read = await Promise.all(
    config.querySets.map(async (set) => ({ set, schema: (await project.schema(set)).schema })),
  );
  const [first] = read;
  // And starts while the queries are parsed.
  const isKnown =
    options.hasChanged && first !== undefined && first.set.databaseUri === undefined
      ? await (await workspace.engines()).begin(schemaSource(project, first.set, first.schema))
      : true;
  const entries = await Promise.all(
    config.querySets.map(async (set): Promise<Entry> => ({ set, source: await project.source(set) })),
  );
  options.signal?.throwIfAborted();
  const groups = bySchema(entries, project);
  const total = entries.reduce((sum, entry) => sum + entry.source.queries.length, 0);
  let done = 0;
  const querySets: QuerySet[] = [];
  const diagnostics: Diagnostic[] = [...project.diagnostics];
  for (const [key, group] of groups) {
    const found = await analyzeGroup(project, key, group, {
      isKnown: isKnown || first?.set !== group[0]?.set,
      signal: options.signal,
      onQuery: (name) => options.onProgress?.(++done, total, name),
    });
    querySets.push(...found.querySets);
    // The same text may be made of other files than it was when its diagnostics were kept.
    diagnostics.push(...inFiles(found.diagnostics, group[0]?.source.schema ?? []));
  }
  querySets.sort((a, b) => a.index - b.index);
  return {
    querySets,
    diagnostics: inOrder(
      // Entries that share a file share what is wrong with it.
      distinct([...entries.flatMap((e) => e.source.diagnostics), ...diagnostics]),
    ),
  };
}

function schemaSource(
  { home, store }: Project,
  { databaseUri }: QuerySetConfig,
  files: Source["schema"],
): SchemaSource {
  return { home, store, files, databaseUri };
}

interface GroupOptions {
  /** Whether its schema was applied before. */
  readonly isKnown: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onQuery: (name: string) => void;
}

async function analyzeGroup(
  project: Project,
  key: string,
  group: readonly Entry[],
  options: GroupOptions,
): Promise<{ querySets: QuerySet[]; diagnostics: readonly Diagnostic[] }> {
  const { store, workspace } = project;
  const { set, source } = group[0]!;
  const isServer = set.databaseUri !== undefined;
  const whole = workspace.host.key(
    key,
    ...group.flatMap((entry) => {
      const target = targetOf(entry.set, entry.source);
      return [
        String(entry.set.index),
        String(entry.source.isSchemaWhole),
        ...entry.source.queries.map((query) => workspace.originOf(query, target)),
      ];
    }),
  );
  const kept = isServer
    ? null
    : (workspace.analyses.get(whole) ?? (await store.read<KeptAnalysis>("analysis", whole)));
  const found = kept ?? (await analyzeAnew(project, group, options));
  if (!isServer) workspace.analyses.set(whole, found);
  if (kept === null && !isServer) workspace.keep(() => store.write("analysis", whole, found));
  return {
    querySets: group.map((entry, i) => ({
      index: entry.set.index,
      catalog: found.catalog,
      queries: found.sets[i]!.map((n) => found.queries[n]!),
      schema: entry.source.schema,
      ...(found.origin && {
        origin: {
          schema: found.origin.schema,
          queries: found.sets[i]!.map((n) => found.origin!.queries[n]!),
        },
      }),
    })),
    diagnostics: found.diagnostics,
  };

  async function analyzeAnew(
    within: Project,
    entries: readonly Entry[],
    { isKnown, signal, onQuery }: GroupOptions,
  ): Promise<KeptAnalysis> {
    if (!isServer) workspace.warmUp();
    const engines = await workspace.engines();
    const { parseAhead, parseStatement } = await import("../postgres/raw-parse.ts");
    // A schema that was not kept takes a while to be applied; of one that was, most queries are known too.
    const parse = isKnown
      ? parseStatement
      : parseAhead(entries.flatMap((entry) => entry.source.queries.map(({ text }) => text)));
    return engines.use(schemaSource(within, set, source.schema), "nothing", async (database) => {
      const isWhole = entries.every((entry) => entry.source.isSchemaWhole);
      // What a file that could not be read makes is missing where another names it.
      const diagnostics = database.diagnostics.filter(
        (d) => isWhole || d.severity !== "error" || !UNDEFINED.has(d.sqlState ?? ""),
      );
      const isBroken = !isWhole || database.diagnostics.some((d) => d.severity === "error");
      const queries: Query[] = [];
      let isLacked = false;
      const origins: string[] = [];
      const sets: number[][] = [];
      const prints = new Set<string>();
      const { analyzeQuery } = await import("../analysis/analyze-query.ts");
      for (const entry of entries) {
        const target = targetOf(entry.set, entry.source);
        const results = await overlap(entry.source.queries, AT_ONCE, async (query) => {
          signal?.throwIfAborted();
          const print = `${target} ${fingerprintAnywhere(query)}`;
          prints.add(print);
          const result = await database.remember(print, query, (engine) =>
            analyzeQuery(query, engine, database.reader, parse, target),
          );
          onQuery(query.name);
          return result;
        });
        const own: number[] = [];
        for (const [i, result] of results.entries()) {
          if ("query" in result) {
            own.push(queries.push(result.query) - 1);
            origins.push(workspace.originOf(entry.source.queries[i]!, target));
            diagnostics.push(...(result.diagnostics ?? []));
          } else {
            const own = result.diagnostics.filter((d) => !(isBroken && UNDEFINED.has(d.sqlState ?? "")));
            isLacked ||= own.length < result.diagnostics.length;
            const { span } = entry.source.queries[i]!;
            diagnostics.push(...own.map((d) => ({ ...withLostName(d, database.diagnostics), query: span })));
          }
        }
        sets.push(own);
      }
      signal?.throwIfAborted();
      database.retain(prints);
      const { buildCatalog } = await import("../analysis/build-catalog.ts");
      const { CatalogFacts } = await import("../infer/catalog-facts.ts");
      const { types, relations } = await buildCatalog(
        CatalogFacts.of(database.reader),
        queries,
        database.rememberRelations,
      );
      const origin = database.id === null ? null : { schema: database.id, queries: origins };
      return {
        ...{ catalog: { types, relations }, queries, origin, sets },
        diagnostics: diagnostics.map((one) => weighed(one, isLacked)),
      };
    });
  }
}

/** Makes a warning of what is an error only where a query lacks something, and none does. */
function weighed({ isErrorIfLacked, ...problem }: Diagnostic, isLacked: boolean): Diagnostic {
  if (!isErrorIfLacked || isLacked) return problem;
  return {
    ...problem,
    code: "schema-skipped",
    severity: "warning",
    message: `${problem.message}; the statement was skipped`,
    hint: `No query reads what it makes. ${problem.hint}`,
  };
}

/** Says of a name that the schema has, and lost with an extension, how it was lost. */
function withLostName(problem: Diagnostic, said: readonly Diagnostic[]): Diagnostic {
  const missing = UNDEFINED.has(problem.sqlState ?? "") ? missingName(problem) : null;
  const extension = missing && leftOutWith(missing, said);
  if (!extension) return problem;
  return {
    ...problem,
    hint: `It is left out of the schema, where the ${extension.message.split(";")[0]}.`,
    ...(extension.span && { related: [{ message: "left out with this", span: extension.span }] }),
  };
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

/** By file and place; what stands nowhere comes last. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...diagnostics].sort(({ span: a }, { span: b }) => {
    if (!a || !b) return Number(!a) - Number(!b);
    return compare(a.file, b.file) || a.start - b.start;
  });
}
