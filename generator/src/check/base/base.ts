import { rmSync } from "node:fs";
import { mkdtemp, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { isDatabaseUri, withoutPassword } from "../../postgres/uri.ts";
import { type Commit, defaultCommit, findCommit, notFound, requireRepository } from "./commit.ts";
import { MissingSubmodule } from "./git.ts";

/** The other side of a comparison, as `--against` names it. */
export type Base = ProjectBase | DatabaseBase;

/** A commit's or a folder's project. */
export interface ProjectBase {
  readonly kind: "commit" | "folder";
  /** How to name it to people: `main (1a2b3c4d)`, `../old`. */
  readonly label: string;
  /**
   * Its own configuration, ready for every step that takes one: its schema and query files lie below `root`, at the
   * paths that the configuration says; everything cached is shared with the project that it is compared with.
   */
  readonly loaded: LoadedConfig;
  /** False for a folder of schema files alone, whose query sets have no queries. */
  readonly hasQueries: boolean;
}

export interface DatabaseBase {
  readonly kind: "database";
  /** The URI without its password. */
  readonly label: string;
  readonly uri: string;
}

/**
 * Obtains what the project is compared with: a database (`postgres://…`), a folder (a copy of the project, or one of
 * schema files) or a git revision (`main`, `HEAD~3`, `main...` for the merge base); where nothing is named, the place
 * where HEAD left the branch that a pull request goes to. A commit's files exist on disk only until `use` has ended.
 * @throws DiagnosticError with codes that begin with `base-` or `config-`
 */
export async function withBase<T>(
  against: string | undefined,
  head: LoadedConfig,
  cwd: string,
  use: (base: Base) => Promise<T>,
): Promise<T> {
  if (against !== undefined && isDatabaseUri(against)) {
    return use({ kind: "database", label: withoutPassword(against), uri: against });
  }
  if (against !== undefined && looksLikeFolder(against)) {
    const folder = await folderBase(against, head, cwd);
    if (folder !== null) return use(folder);
    throw missingFolder(against);
  }
  const commit = await commitFor(against, head.root);
  if (commit !== null) return withCommit(commit, head, use);
  const folder = await folderBase(against!, head, cwd);
  if (folder !== null) return use(folder);
  await requireRepository(head.root);
  throw new DiagnosticError([await notFound(head.root, against!)]);
}

/**
 * The base as something that has been deployed with its queries.
 * @throws DiagnosticError where it is a database or schema files alone
 */
export function requireQueries(base: Base): ProjectBase {
  if (base.kind !== "database" && base.hasQueries) return base;
  throw new DiagnosticError([
    {
      code: "base-without-queries",
      severity: "error",
      message: `--against: ${base.label} has a schema, but none of the queries that are deployed`,
      hint: "Name a git revision, or a copy of the project with its configuration.",
    },
  ]);
}

async function commitFor(against: string | undefined, cwd: string): Promise<Commit | null> {
  if (against === undefined) return defaultCommit(cwd);
  try {
    return await findCommit(cwd, against);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function withCommit<T>(
  commit: Commit,
  head: LoadedConfig,
  use: (base: Base) => Promise<T>,
): Promise<T> {
  const { checkOut } = await import("./checkout.ts");
  const folder = await realpath(await mkdtemp(join(tmpdir(), "solitude-gen-base-")));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A signal ends the process through its exit handlers.
  process.once("exit", remove);
  try {
    const loaded = await checkOut(head, commit, folder).catch((error) => {
      throw error instanceof MissingSubmodule
        ? missingSubmodule(error, commit.label)
        : inBase(error, commit.label);
    });
    return await use({ kind: "commit", label: commit.label, loaded, hasQueries: true });
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function folderBase(against: string, head: LoadedConfig, cwd: string): Promise<ProjectBase | null> {
  const path = resolve(cwd, against);
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const home = head.home ?? head.root;
  const project = found.isDirectory() ? await projectIn(path, basename(head.file), against) : null;
  if (project !== null) {
    return { kind: "folder", label: against, loaded: { ...project, home }, hasQueries: true };
  }
  // Nothing but schema files: they stand against the schema of every query set.
  const schema = [relative(head.root, path).split(sep).join("/") || "."];
  const querySets = head.config.querySets.map((set) => ({
    ...set,
    schema,
    queries: [],
    schemaSpans: [],
    queriesSpans: [],
  }));
  const loaded = { ...head, config: { ...head.config, querySets }, diagnostics: [], home };
  return { kind: "folder", label: against, loaded, hasQueries: false };
}

async function projectIn(folder: string, ownName: string, label: string): Promise<LoadedConfig | null> {
  for (const name of new Set([ownName, ...CONFIG_NAMES])) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (!found?.isFile()) continue;
    return loadConfig(name, folder).catch((error) => {
      throw inBase(error, label);
    });
  }
  return null;
}

/** A configuration's problems stand in files that are not the user's own: the spans would lead astray. */
function inBase(error: unknown, label: string): unknown {
  if (!(error instanceof DiagnosticError)) return error;
  return new DiagnosticError(
    error.diagnostics.map(({ span, ...diagnostic }) => ({
      ...diagnostic,
      message: `in ${label}${span ? `, ${span.file}` : ""}: ${diagnostic.message}`,
    })),
  );
}

function missingSubmodule({ message, path }: MissingSubmodule, label: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: "base-submodule",
      severity: "error",
      message: `in ${label}: ${message}`,
      hint: `Run \`git submodule update --init ${path}\` and \`git -C ${path} fetch\`; in GitHub Actions give actions/checkout \`submodules: true\`.`,
    },
  ]);
}

function looksLikeFolder(against: string): boolean {
  return /^\.{0,2}[/\\]|^\.{1,2}$|^[A-Za-z]:[/\\]|[/\\]$|\.sql$/.test(against);
}

function missingFolder(path: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: "base-not-found",
      severity: "error",
      message: `--against: there is no folder ${path}`,
      hint: "Name a git revision, a folder or a database (postgres://…).",
    },
  ]);
}
