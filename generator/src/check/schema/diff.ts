import type { QuerySetConfig } from "../../config/config.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import { extensionsNamed } from "../../postgres/extension-names.ts";
import type { Project } from "../../project/project.ts";
import type { Workspace } from "../../project/workspace.ts";
import type { Base } from "../base/base.ts";
import { pairEntries } from "../base/pairs.ts";
import { beforeItWas } from "../base/unpaired.ts";
import type { Catalog } from "./catalog.ts";
import { listChanges, type SchemaChange } from "./changes.ts";
import { compareCatalogs, isSame } from "./compare.ts";
import { provideGiven } from "./given.ts";
import { listNotes, type SchemaNote } from "./notes.ts";
import { type Rename, resolveRenames, sameUnderOtherName } from "./renames.ts";
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

/**
 * How much of the migration to write: none of it, its statements, or these and their online form. Where something was renamed, a database
 * that is changed is needed anyway, and so is a plan for the roll-out as a rule: for who will ask for that, its statements are written at once.
 */
export type Writing = "none" | "where renamed" | "statements" | "online";

export interface DiffOptions {
  readonly migration: Writing;
}

/** Tells whether the migration is what is wanted, and not merely what may come by the way. */
export const isMigrationWanted = ({ migration }: DiffOptions): boolean =>
  migration === "statements" || migration === "online";

/** Compares every schema of the configuration with that of the other side. */
export async function diffSchemas(head: Project, base: Base, options: DiffOptions): Promise<DiffResult> {
  const diagnostics: Diagnostic[] = [...head.diagnostics];
  const baseDiagnostics: Diagnostic[] = base.kind === "database" ? [] : [...base.project.diagnostics];
  const diffs: SchemaDiff[] = [];
  // What is broken in the base is compared as far as PostgreSQL takes it: the change may well mend it. A migration from there would be wrong.
  const isStopped = (): boolean =>
    hasErrors(diagnostics) || (isMigrationWanted(options) && hasErrors(baseDiagnostics));
  for (const { sets, files, problems } of await schemasOf(head)) {
    diagnostics.push(...problems);
    const other = base.kind === "database" ? null : await counterpart(base.project, sets, head);
    baseDiagnostics.push(...(other?.diagnostics ?? []));
    if (isStopped()) continue;

    // The base gets what the head has, which a migration may create there.
    const extensions = extensionsNamed([...files, ...(other?.schema ?? [])]);
    const leavesUsualOwnerOut = base.kind === "database";
    const { databaseUri } = sets[0]!;
    const common = { project: head, extensions: [], databaseUri, leavesUsualOwnerOut };
    const built = await readSide({ ...common, files });
    const from =
      base.kind === "database"
        ? await readDatabaseSide(base.uri, { ...common, extensions }, files)
        : await readSide({ ...common, extensions, files: other!.schema });
    const to = await chanceLeftOut(from, built, { ...common, files });
    diagnostics.push(...to.diagnostics.filter(isProblem));
    baseDiagnostics.push(...from.diagnostics.filter(isProblem));
    if (isStopped()) continue;
    const compared = await compareOnce(head.workspace, from, to, options);
    diffs.push({ querySets: sets.map(({ index }) => index), ...compared });
  }
  return { diffs, diagnostics, baseDiagnostics };
}

/** Leaves out what only the run made up, which is found by building the same schema once more, where there may be such a thing. */
async function chanceLeftOut(from: Side, to: Side, source: SideSource): Promise<Side> {
  const { mayBeChance, withoutChance } = await import("./chance.ts");
  if (!mayBeChance(from.catalog, to.catalog)) return to;
  const again = await readSide({ ...source, isAnew: true });
  return { ...to, key: null, catalog: withoutChance(from.catalog, to.catalog, again.catalog) };
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

/** The other side's schema for query sets that share one; of those that are new, their own files as far as they were there. */
async function counterpart(base: Project, sets: readonly QuerySetConfig[], head: Project) {
  const pairs = pairEntries(head.config.querySets, base.config.querySets);
  const known = sets.find((set) => pairs.has(set));
  return base.schema(known === undefined ? await beforeItWas(sets[0]!, base) : pairs.get(known)!);
}

/** What lies between two schemas. */
export type Comparison = Omit<SchemaDiff, "querySets">;

/** The same, of which what was found for the same two schemas in this workspace is taken where it has all that is wanted. */
export async function compareOnce(
  { comparisons }: Workspace,
  from: Side,
  to: Side,
  options: DiffOptions,
): Promise<Comparison> {
  if (from.key === null || to.key === null) return compareSides(from, to, options);
  const key = `${from.key} ${to.key}`;
  const known = comparisons.get(key) as Comparison | undefined;
  const isEnough =
    known !== undefined &&
    (!isMigrationWanted(options) || (options.migration === "statements" && known.migration !== null));
  if (isEnough) return known;
  const found = await compareSides(from, to, options);
  comparisons.set(key, found);
  return found;
}

/** Finds what lies between two schemas that were read. */
export async function compareSides(from: Side, to: Side, options: DiffOptions): Promise<Comparison> {
  const head = to.catalog;
  const { Origins } = await import("./sources/origins.ts");
  const { readRenames } = await import("./sources/renames.ts");
  if (isSame(compareCatalogs(from.catalog, head))) {
    const { NO_MIGRATION } = await import("./sql/migrate.ts");
    const notes = listNotes(from.catalog, head);
    const migration = options.migration === "none" ? null : NO_MIGRATION;
    return { base: from.catalog, head, changes: [], notes, migration };
  }
  const said = await readRenames(to.files);
  const mayRename =
    resolveRenames(said, from.catalog, head).length > 0 || sameUnderOtherName(from.catalog, head).length > 0;
  const isWanted = isMigrationWanted(options);
  let base = from.catalog;
  let renames: readonly Rename[] = [];
  let migration: Migration | null = null;
  if (mayRename || isWanted) {
    ({ base, renames, migration } = await from.use(async (engine) => {
      const { renameIn } = await import("./sql/rename.ts");
      const { writeMigration } = await import("./sql/migrate.ts");
      await provideGiven(engine, [from, to]);
      const renamed = await renameIn(engine, from.catalog, head, said);
      const notes = new Map(listNotes(renamed.base, head).map(({ object, message }) => [object, message]));
      const write = (): Promise<Migration> =>
        writeMigration(engine, renamed.base, head, { renames: renamed.renames, notes });
      if (options.migration === "none") return { ...renamed, migration: null };
      return { ...renamed, migration: isWanted ? await write() : await unlessRefused(write) };
    }));
  }
  if (migration !== null && options.migration === "online")
    migration = { ...migration, online: await onlineForm(from, to, base, migration) };
  const origins = { base: await Origins.of("base", from.files), head: await Origins.of("head", to.files) };
  return {
    base,
    head,
    changes: listChanges(base, head, renames, origins),
    notes: listNotes(base, head),
    migration,
  };
}

/** Gives null where it cannot be written: whoever wants it writes it again, and hears why. */
async function unlessRefused(write: () => Promise<Migration>): Promise<Migration | null> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
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
    await provideGiven(engine, [from, to]);
    return writeOnline(engine, migration, base, to.catalog);
  });
}
