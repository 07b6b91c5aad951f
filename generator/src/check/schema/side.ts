import { type Diagnostic, DiagnosticError } from "../../model/diagnostic.ts";
import type { SchemaFile } from "../../model/source.ts";
import type { Engine } from "../../postgres/engine.ts";
import type { Leaves } from "../../project/engines.ts";
import type { Project } from "../../project/project.ts";
import { partsOf } from "../../sql/quoting.ts";
import type { Catalog } from "./catalog.ts";
import { provideGiven } from "./given.ts";
import { withDeclaredRoles } from "./roles.ts";

/** One of the two schemas that are compared. */
export interface Side {
  /** Of the files and what they are applied to; null where something else had a part in it. */
  readonly key: string | null;
  readonly files: readonly SchemaFile[];
  readonly catalog: Catalog;
  /** Roles that the schema takes as given; they are not compared. Unquoted. */
  readonly givenRoles: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** A PostgreSQL that holds this schema, to change as one likes; nothing of it is kept. */
  use<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}

export interface SideSource {
  readonly files: readonly SchemaFile[];
  /** Whose databases and store serve. */
  readonly project: Project;
  /** Extensions of the other side, which a migration may create here. */
  readonly extensions: readonly string[];
  /** The server to analyse on in place of the embedded one. */
  readonly databaseUri: string | undefined;
  /** Whether to apply the schema once more, whatever is known of it. */
  readonly isAnew?: boolean;
  /** Whether it is held against a server, where the owner of most relations stands for whoever applied the schema. */
  readonly leavesUsualOwnerOut?: boolean;
}

interface Read {
  readonly catalog: Catalog;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the catalog that a schema's files lead to; what was read before is taken from the cache. */
export async function readSide(source: SideSource): Promise<Side> {
  const { files, project, databaseUri, leavesUsualOwnerOut } = source;
  const { catalog, diagnostics } = await readApplied(source);
  return {
    key: leavesUsualOwnerOut || !isKept(source) ? null : project.keyOf(databaseUri, files),
    files,
    ...withDeclaredRoles(catalog, files),
    diagnostics,
    use: (work) => using(source, "changes", work),
  };
}

/** Reads the same with all roles, those too that the schema takes as given. */
export async function readApplied(source: SideSource): Promise<Read> {
  const { project, leavesUsualOwnerOut = false, files, databaseUri } = source;
  const key = project.keyOf(databaseUri, files);
  const { readings } = project.workspace;
  const kind = leavesUsualOwnerOut ? "catalog-beside-server" : "catalog";
  const name = `${kind} ${project.home} ${key}`;
  const known = isKept(source)
    ? ((readings.get(name) as Read | undefined) ?? (await project.store.read<Read>(kind, key)))
    : null;
  if (known !== null) {
    readings.set(name, known);
    return known;
  }
  const read = await using(source, "nothing", async (engine, diagnostics): Promise<Read> => {
    const { readCatalog } = await import("./snapshot/read.ts");
    return { catalog: await readCatalog(engine, leavesUsualOwnerOut), diagnostics };
  });
  if (isKept(source)) {
    readings.set(name, read);
    await project.store.write(kind, key, read);
  }
  return read;
}

/** Tells whether what is read is kept: what a server's base image has may change, and who wants it anew does not want that. */
const isKept = ({ databaseUri, isAnew = false }: SideSource): boolean => databaseUri === undefined && !isAnew;

function using<T>(
  { project, isAnew = false, ...schema }: SideSource,
  leaves: Leaves,
  work: (engine: Engine, diagnostics: readonly Diagnostic[]) => Promise<T>,
): Promise<T> {
  return project.useSchema({ ...schema, isAnew }, leaves, (database) =>
    work(database.engine, database.diagnostics),
  );
}

/** Reads a database as it stands, and builds its double on the PostgreSQL that the other side is built on. */
export async function readDatabaseSide(
  uri: string,
  source: Omit<SideSource, "files">,
  declaring: readonly SchemaFile[],
): Promise<Side> {
  const { ServerEngine } = await import("../../postgres/server.ts");
  const { readCatalog } = await import("./snapshot/read.ts");
  const { writeMigration } = await import("./sql/migrate.ts");
  const server = await ServerEngine.readOnly(uri);
  const whole = await readable(server)
    .then((engine) => readCatalog(engine, true))
    .finally(() => server.close());
  const { catalog: original, givenRoles } = withDeclaredRoles(whole, declaring);
  const extensions = [...original.objects.values()].flatMap(({ kind, identity }) =>
    kind === "extension" ? partsOf(identity) : [],
  );
  const empty = await readSide({ ...source, files: [], extensions: [...extensions, ...source.extensions] });
  const use = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    empty.use(async (engine) => {
      await provideGiven(engine, [{ catalog: original, givenRoles }]);
      const { unsupported } = await writeMigration(engine, empty.catalog, original, {
        isExact: false,
      }).catch((error) => {
        throw error instanceof DiagnosticError ? notRebuilt(error.message) : error;
      });
      if (unsupported.length > 0) throw notRebuilt(unsupported.map(({ identity }) => identity).join(", "));
      return work(engine);
    });
  const catalog = await use(
    async (engine) => withDeclaredRoles(await readCatalog(engine), declaring).catalog,
  );
  return { key: null, files: [], catalog, givenRoles, diagnostics: [], use };
}

/** The oldest version whose catalogs have all that is read. */
const OLDEST = 120000;

async function readable(engine: Engine): Promise<Engine> {
  if (engine.version >= OLDEST) return engine;
  const message = `the database is of PostgreSQL ${Math.floor(engine.version / 10000)}; 12 or later is needed`;
  throw new DiagnosticError([{ code: "database-too-old", severity: "error", message }]);
}

function notRebuilt(what: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: "database-not-rebuilt",
      severity: "error",
      message: `the database holds what cannot be rebuilt for the comparison: ${what}`,
      hint: "Set `database.uri` in the configuration to build both schemas on a server like it.",
    },
  ]);
}
