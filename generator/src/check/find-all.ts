import { type Entry, fingerprint } from "../analysis/analyze.ts";
import { type DatabaseSource, withDatabase } from "../analysis/database.ts";
import { cacheFolder } from "../cache/cache-folder.ts";
import { ContentCache, schemaKey } from "../cache/content-cache.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Analysis } from "../model/analysis.ts";
import type { Query } from "../model/query.ts";
import { type CompiledRules, vetByRules } from "./cel/sqlc-rules.ts";
import type { Changes } from "./changes.ts";
import type { Found } from "./findings/found.ts";
import { withFreshEngine } from "./migrations/fresh-engine.ts";
import { vetMigrations } from "./migrations/vet-migrations.ts";
import { type AnalysedQuery, vetQueries } from "./queries/vet-queries.ts";

interface Group {
  readonly loaded: LoadedConfig;
  readonly entries: readonly Entry[];
  /** Of the schema and its server. */
  readonly key: string;
  /** Everything of the configuration that a finding can depend on. */
  readonly options: string;
  readonly database: Omit<DatabaseSource, "key">;
}

/** By query set, each distinct schema once; kept by the content of everything that it depends on. */
export async function findAll(
  loaded: LoadedConfig,
  useCache: boolean,
  entries: readonly Entry[],
  analyze: () => Promise<Analysis>,
  compiled: CompiledRules,
  changes: Changes,
): Promise<{ readonly found: readonly Found[]; readonly analysis: Analysis }> {
  const home = loaded.home ?? loaded.root;
  const cache = new ContentCache(useCache ? cacheFolder(home) : null);
  const groups = [...bySchema(entries, home)].map(([key, group]): Group => {
    const { set, source } = group[0]!;
    return {
      loaded,
      entries: group,
      key,
      options: JSON.stringify([loaded.config.vet, loaded.config.version, group.map((entry) => entry.set)]),
      database: { root: home, schema: source.schema, databaseUri: set.databaseUri, cache },
    };
  });
  // Each PostgreSQL is a thread of its own: the migrations are watched while the queries are analysed.
  const [analysis, inMigrations] = await Promise.all([
    analyze(),
    oneByOne(groups, (group) => ofMigrations(group, changes)),
  ]);
  const inQueries = await oneByOne(groups, (group) => ofQueries(group, analysis, compiled, changes));
  return { found: distinct([...inMigrations, ...inQueries]), analysis };
}

async function oneByOne(
  groups: readonly Group[],
  find: (group: Group) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const group of groups) found.push(...(await find(group)));
  return found;
}

/** Entries whose schemas overlap find the same things in the files that they share. */
function distinct(found: readonly Found[]): Found[] {
  const byIdentity = new Map<string, Found>();
  for (const item of found) {
    const { code, span, message } = item;
    byIdentity.set(JSON.stringify([code, span, message]), item);
  }
  return [...byIdentity.values()];
}

function bySchema(entries: readonly Entry[], home: string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = schemaKey(entry.set.databaseUri, entry.source.schema, home);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups;
}

async function ofMigrations(
  { loaded, key, options, database }: Group,
  changes: Changes,
): Promise<readonly Found[]> {
  const { schema, cache } = database;
  const vetted = schema.filter((file) => changes.schema(file.path, file.text));
  if (vetted.length === 0) return [];
  const paths = new Set(vetted.map((file) => file.path));
  const bases = vetted.map(({ path }) => `${path} ${changes.base(path) ?? ""}`);
  const contentKey = ContentCache.key("vet", key, options, String(changes.together), ...bases);
  return remembered(cache, "vet-migrations", contentKey, () =>
    withFreshEngine(database, (engine) =>
      vetMigrations(engine, schema, {
        vet: loaded.config.vet.options,
        isVetted: (path) => paths.has(path),
        base: changes.base,
        together: changes.together,
      }),
    ),
  );
}

async function ofQueries(
  { loaded, key, options, database, entries }: Group,
  analysis: Analysis,
  compiled: CompiledRules,
  changes: Changes,
): Promise<readonly Found[]> {
  const sets = entries.map((entry) => ({ entry, queries: analysedQueries(entry, analysis, changes) }));
  if (sets.every(({ queries }) => queries.length === 0)) return [];
  const prints = sets.flatMap(({ entry, queries }) => [
    String(entry.set.index),
    ...queries.map(({ source }) => fingerprint(source)),
  ]);
  const { vet, version } = loaded.config;
  return remembered(database.cache, "vet-queries", ContentCache.key("vet", key, options, ...prints), () =>
    withDatabase({ ...database, key }, async ({ engine, reader }) => {
      const found: Found[] = [];
      for (const { entry, queries } of sets) {
        found.push(...(await vetQueries(engine, reader, queries, vet.options)));
        found.push(...(await vetByRules(engine, compiled, entry.set, version, queries)));
      }
      return found;
    }),
  );
}

async function remembered(
  cache: ContentCache,
  kind: string,
  key: string,
  find: () => Promise<Found[]>,
): Promise<readonly Found[]> {
  const kept = await cache.read<Found[]>(kind, key);
  if (kept) return kept;
  const found = await find();
  await cache.write(kind, key, found);
  return found;
}

function analysedQueries({ set, source }: Entry, analysis: Analysis, changes: Changes): AnalysedQuery[] {
  const analysed = new Map<string, Query>(
    analysis.querySets.find((s) => s.index === set.index)?.queries.map((query) => [query.name, query]),
  );
  return source.queries.flatMap((query) => {
    const found = analysed.get(query.name);
    return found && changes.query(set.index, query) ? [{ source: query, query: found }] : [];
  });
}
