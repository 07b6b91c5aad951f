import type { QuerySetConfig } from "../../config/config.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { extensionsNamed } from "../../postgres/extension-names.ts";
import type { Project } from "../../project/project.ts";
import type { Base } from "../base/base.ts";
import { pairEntries } from "../base/pairs.ts";
import type { Catalog } from "./catalog.ts";
import { listChanges, type SchemaChange } from "./changes.ts";
import { compareCatalogs, isSame } from "./compare.ts";
import { listNotes, type SchemaNote } from "./notes.ts";
import { type Rename, resolveRenames, sameUnderOtherName } from "./renames.ts";
import { provideRoles } from "./roles.ts";
import { readDatabaseSide, readSide, type Side, type SideSource } from "./side.ts";
import type { Migration } from "./sql/migrate.ts";

export interface SchemaDiff {
  /** The query sets of the configuration that share this schema, by index. */
  readonly querySets: readonly number[];
  /** After the renames. */
  readonly base: Catalog;
  readonly head: Catalog;
  readonly changes: readonly SchemaChange[];
  readonly notes: readonly SchemaNote[];
  /** What leads from the base to the head, where it was asked for. */
  readonly migration: Migration | null;
}

export interface DiffResult {
  readonly diffs: readonly SchemaDiff[];
  /** Of the schema as it is now: files that are missing, statements that fail. */
  readonly diagnostics: readonly Diagnostic[];
  /** Of the other side's; their files are found in its root. */
  readonly baseDiagnostics: readonly Diagnostic[];
}

export interface DiffOptions {
  /** Whether to write the migration. */
  readonly migration: boolean;
}

/** Compares every schema of the configuration with that of the other side. */
export async function diffSchemas(head: Project, base: Base, options: DiffOptions): Promise<DiffResult> {
  const diagnostics: Diagnostic[] = [...head.diagnostics];
  const baseDiagnostics: Diagnostic[] = base.kind === "database" ? [] : [...base.project.diagnostics];
  const diffs: SchemaDiff[] = [];
  // What is broken in the base is compared as far as PostgreSQL takes it: the change may well mend it. A migration from there would be wrong.
  const isStopped = (): boolean =>
    hasErrors(diagnostics) || (options.migration && hasErrors(baseDiagnostics));
  for (const { sets, files, problems } of await schemasOf(head)) {
    diagnostics.push(...problems);
    const other = base.kind === "database" ? null : await counterpart(base.project, sets[0]!, head);
    baseDiagnostics.push(...(other?.diagnostics ?? []));
    if (isStopped()) continue;

    // The base gets what the head has, which a migration may create there.
    const extensions = extensionsNamed([...files, ...(other?.schema ?? [])]);
    const common = { project: head, extensions: [], databaseUri: sets[0]!.databaseUri };
    const built = await readSide({ ...common, files });
    const from =
      base.kind === "database"
        ? await readDatabaseSide(base.uri, { ...common, extensions }, files)
        : await readSide({ ...common, extensions, files: other!.schema });
    const to = await chanceLeftOut(from, built, { ...common, files });
    diagnostics.push(...to.diagnostics.filter(isProblem));
    baseDiagnostics.push(...from.diagnostics.filter(isProblem));
    if (isStopped()) continue;
    diffs.push({ querySets: sets.map(({ index }) => index), ...(await compareSides(from, to, options)) });
  }
  return { diffs, diagnostics, baseDiagnostics };
}

/** Leaves out what only the run made up, which is found by building the same schema once more, where there may be such a thing. */
async function chanceLeftOut(from: Side, to: Side, source: SideSource): Promise<Side> {
  const { mayBeChance, withoutChance } = await import("./chance.ts");
  if (!mayBeChance(from.catalog, to.catalog)) return to;
  const again = await readSide({ ...source, isAnew: true });
  return { ...to, catalog: withoutChance(from.catalog, to.catalog, again.catalog) };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

function isProblem({ severity }: Diagnostic): boolean {
  return severity !== "info";
}

/** A schema of a configuration, and who uses it. */
export interface Schema {
  readonly sets: readonly QuerySetConfig[];
  readonly files: readonly SchemaFile[];
  readonly problems: readonly Diagnostic[];
}

/** The distinct schemas of a configuration; query sets often share one. */
export async function schemasOf(project: Project): Promise<Schema[]> {
  const schemas = new Map<
    string,
    { sets: QuerySetConfig[]; files: readonly SchemaFile[]; problems: readonly Diagnostic[] }
  >();
  for (const set of project.config.querySets) {
    const { schema: files, diagnostics: problems } = await project.schema(set);
    const key = project.keyOf(set.databaseUri, files);
    const known = schemas.get(key);
    if (known) known.sets.push(set);
    else schemas.set(key, { sets: [set], files, problems });
  }
  return [...schemas.values()];
}

/** The other side's schema for a query set; none where it is new. */
async function counterpart(base: Project, set: QuerySetConfig, head: Project) {
  const found = pairEntries(head.config.querySets, base.config.querySets).get(set);
  return found === undefined ? { schema: [], diagnostics: [] } : base.schema(found);
}

/** Finds what lies between two schemas that were read. */
export async function compareSides(
  from: Side,
  to: Side,
  options: DiffOptions,
): Promise<Omit<SchemaDiff, "querySets">> {
  const head = to.catalog;
  const { Origins } = await import("./sources/origins.ts");
  const { readRenames } = await import("./sources/renames.ts");
  if (isSame(compareCatalogs(from.catalog, head))) {
    const migration: Migration = { statements: [], committedFirst: 0, unsupported: [], online: null };
    const notes = listNotes(from.catalog, head);
    return { base: from.catalog, head, changes: [], notes, migration: options.migration ? migration : null };
  }
  const said = await readRenames(to.files);
  const mayRename =
    resolveRenames(said, from.catalog, head).length > 0 || sameUnderOtherName(from.catalog, head).length > 0;
  let base = from.catalog;
  let renames: readonly Rename[] = [];
  let migration: Migration | null = null;
  if (mayRename || options.migration) {
    ({ base, renames, migration } = await from.use(async (engine) => {
      const { renameIn } = await import("./sql/rename.ts");
      const { writeMigration } = await import("./sql/migrate.ts");
      await provideRoles(engine, [...from.givenRoles, ...to.givenRoles]);
      const renamed = await renameIn(engine, from.catalog, head, said);
      const notes = new Map(listNotes(renamed.base, head).map(({ object, message }) => [object, message]));
      const written = options.migration
        ? await writeMigration(engine, renamed.base, head, { renames: renamed.renames, notes })
        : null;
      return { ...renamed, migration: written };
    }));
  }
  if (migration !== null) migration = { ...migration, online: await onlineForm(from, to, base, migration) };
  const origins = { base: await Origins.of("base", from.files), head: await Origins.of("head", to.files) };
  return {
    base,
    head,
    changes: listChanges(base, head, renames, origins),
    notes: listNotes(base, head),
    migration,
  };
}

/** In a PostgreSQL of its own: the first has the migration already. */
async function onlineForm(
  from: Side,
  to: Side,
  base: Catalog,
  migration: Migration,
): Promise<Migration["online"]> {
  const { toOnline } = await import("./sql/online.ts");
  const isGain = toOnline(migration.statements, base, to.catalog) !== null;
  if (!isGain || migration.unsupported.length > 0) return null;
  const { writeOnline } = await import("./sql/migrate.ts");
  return from.use(async (engine) => {
    await provideRoles(engine, [...from.givenRoles, ...to.givenRoles]);
    return writeOnline(engine, migration, base, to.catalog);
  });
}
