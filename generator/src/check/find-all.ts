import type { Analysis } from "../model/analysis.ts";
import type { Query } from "../model/query.ts";
import type { SchemaFile } from "../model/source.ts";
import type { Engine } from "../postgres/engine.ts";
import { extensionsNamed } from "../postgres/extension-names.ts";
import { bySchema, type Entry } from "../project/entry.ts";
import { fingerprint } from "../project/fingerprint.ts";
import type { Store } from "../project/host.ts";
import type { Project, SchemaFiles } from "../project/project.ts";
import type { CompiledRules } from "./cel/sqlc-rules.ts";
import type { Changes } from "./changes.ts";
import { vetColumns } from "./columns/vet-columns.ts";
import type { Found } from "./findings/found.ts";
import { vetMigrations } from "./migrations/vet-migrations.ts";
import { type AnalysedQuery, vetQueries } from "./queries/vet-queries.ts";
import { COLUMN_RULES } from "./rules/registry.ts";
import { severityOf } from "./rules/severity.ts";

interface Group {
  readonly project: Project;
  readonly entries: readonly Entry[];
  /** Of the schema and its server. */
  readonly key: string;
  /** Everything of the configuration that a finding can depend on. */
  readonly options: string;
  readonly schema: SchemaFiles;
}

/** By query set, each distinct schema once; kept by the content of everything that it depends on. */
export async function findAll(
  project: Project,
  entries: readonly Entry[],
  analyze: () => Promise<Analysis>,
  compiled: CompiledRules,
  changes: Changes,
): Promise<{ readonly found: readonly Found[]; readonly analysis: Analysis }> {
  const { config } = project;
  const groups = [...bySchema(entries, project)].map(([key, group]): Group => {
    const { set, source } = group[0]!;
    return {
      project,
      entries: group,
      key,
      options: JSON.stringify([config.vet, config.version, group.map((entry) => entry.set)]),
      schema: { files: source.schema, databaseUri: set.databaseUri },
    };
  });
  // Each PostgreSQL is a thread of its own: the migrations are watched while the queries are analysed.
  const [analysis, inMigrations] = await Promise.all([
    analyze(),
    oneByOne(groups, (group) => ofMigrations(group, changes)),
  ]);
  const inQueries = await oneByOne(groups, (group) => ofQueries(group, analysis, compiled, changes));
  // Of queries that were not analysed it is not known what they use.
  const isWhole = analysis.diagnostics.every(({ severity }) => severity !== "error");
  const inColumns = isWhole ? await oneByOne(groups, (group) => ofColumns(group, analysis, changes)) : [];
  return { found: distinct([...inMigrations, ...inQueries, ...inColumns]), analysis };
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

async function ofMigrations(
  { project, key, options, schema }: Group,
  changes: Changes,
): Promise<readonly Found[]> {
  const { files } = schema;
  const vetted = files.filter((file) => changes.schema(file.path, file.text));
  if (vetted.length === 0) return [];
  const paths = new Set(vetted.map((file) => file.path));
  // What a file goes before says something where it is there still: else others may have taken the place of all that it builds on.
  const baseFile = (path: string): SchemaFile | undefined => {
    const found = changes.baseFile?.(path);
    return files.some((file) => file.path === found?.path) ? found : undefined;
  };
  const bases = vetted.map(({ path }) => JSON.stringify([path, changes.base(path), baseFile(path) ?? null]));
  const contentKey = project.workspace.host.key("vet", key, options, String(changes.together), ...bases);
  // What nobody wants to hear of is applied, and where that was done before it is taken from there.
  const count = schema.databaseUri === undefined ? files.findIndex(({ path }) => paths.has(path)) : 0;
  const [before, rest] = [files.slice(0, count), files.slice(count)];
  const watch = (engine: Engine): Promise<Found[]> =>
    vetMigrations(engine, rest, {
      vet: project.config.vet.options,
      isVetted: (path) => paths.has(path),
      base: changes.base,
      baseFile,
      together: changes.together,
    });
  return remembered(project.store, "vet-migrations", contentKey, () =>
    before.length === 0
      ? project.withEmpty(schema, watch)
      : project.useSchema(
          { ...schema, files: before, extensions: extensionsNamed(files) },
          "changes",
          ({ engine }) => watch(engine),
        ),
  );
}

async function ofQueries(
  { project, key, options, schema, entries }: Group,
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
  const { vet, version } = project.config;
  const contentKey = project.workspace.host.key("vet", key, options, ...prints);
  return remembered(project.store, "vet-queries", contentKey, () =>
    project.useSchema(schema, "nothing", async ({ engine, reader }) => {
      const found: Found[] = [];
      for (const { entry, queries } of sets) {
        found.push(...(await vetQueries(engine, reader, queries, vet.options)));
        if (entry.set.rules.length === 0) continue;
        const { vetByRules } = await import("./cel/sqlc-rules.ts");
        found.push(...(await vetByRules(engine, compiled, entry.set, version, queries)));
      }
      return found;
    }),
  );
}

/** Columns as all queries of the schema use them, in the files that are vetted. */
async function ofColumns(
  { project, key, options, schema, entries }: Group,
  analysis: Analysis,
  changes: Changes,
): Promise<readonly Found[]> {
  const { options: vet } = project.config.vet;
  const isWanted = COLUMN_RULES.some(({ code }) => severityOf(code, vet.rules) !== "off");
  if (!isWanted) return [];
  const indexes = new Set(entries.map(({ set }) => set.index));
  const queries = analysis.querySets.flatMap((set) => (indexes.has(set.index) ? set.queries : []));
  const prints = entries.flatMap(({ source }) => source.queries.map(fingerprint));
  const contentKey = project.workspace.host.key("vet-columns", key, options, ...prints);
  const found = await remembered(project.store, "vet-columns", contentKey, () =>
    project.useSchema(schema, "nothing", ({ engine }) => vetColumns(engine, schema.files, queries, vet)),
  );
  const vetted = new Set(
    schema.files.filter((file) => changes.schema(file.path, file.text)).map(({ path }) => path),
  );
  return found.filter(({ span }) => vetted.has(span.file));
}

async function remembered(
  store: Store,
  kind: string,
  key: string,
  find: () => Promise<Found[]>,
): Promise<readonly Found[]> {
  const kept = await store.read<Found[]>(kind, key);
  if (kept) return kept;
  const found = await find();
  await store.write(kind, key, found);
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
