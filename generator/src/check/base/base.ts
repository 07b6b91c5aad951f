import { stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { CONFIG_NAMES } from "../../config/config-names.ts";
import { loadConfig } from "../../config/load.ts";
import { DiskFiles } from "../../files/disk-files.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { isDatabaseUri, withoutPassword } from "../../postgres/uri.ts";
import { Project } from "../../project/project.ts";
import { type Commit, defaultCommit, findCommit, notFound, requireRepository } from "./commit.ts";
import type { MissingSubmodule } from "./revision-files.ts";

/** The other side of a comparison, as `--against` names it. */
export type Base = ProjectBase | DatabaseBase;

/** A commit's or a folder's project. */
export interface ProjectBase {
  readonly kind: "commit" | "folder";
  /** How to name it to people: `main (1a2b3c4d)`, `../old`. */
  readonly label: string;
  /** With its own configuration and files; its store is that of the project that it is compared with. */
  readonly project: Project;
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
 * where HEAD left the branch that a pull request goes to. All who name the same share it, as long as the workspace is open.
 * @throws DiagnosticError with codes that begin with `base-` or `config-`
 */
export async function withBase<T>(
  against: string | undefined,
  head: Project,
  cwd: string,
  use: (base: Base) => Promise<T>,
): Promise<T> {
  const named = JSON.stringify(["base", head.file, against, cwd]);
  return use(await head.workspace.once(named, () => openBase(against, head, cwd)));
}

async function openBase(against: string | undefined, head: Project, cwd: string): Promise<Base> {
  // A variable that is not set must not have the project compared with itself.
  if (against !== undefined && against.trim() === "") throw nothingNamed();
  if (against !== undefined && isDatabaseUri(against)) {
    return { kind: "database", label: withoutPassword(against), uri: against };
  }
  if (against !== undefined && looksLikeFolder(against)) {
    const folder = await folderBase(against, head, cwd);
    if (folder !== null) return folder;
    throw missingFolder(against);
  }
  const commit = await commitFor(against, head.root);
  if (commit !== null) return commitBase(commit, head);
  const folder = await folderBase(against!, head, cwd);
  if (folder !== null) return folder;
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

async function commitBase(commit: Commit, head: Project): Promise<ProjectBase> {
  const { openCommit } = await import("./commit-project.ts");
  const { MissingSubmodule } = await import("./revision-files.ts");
  const project = await openCommit(head, commit).catch((error) => {
    throw error instanceof MissingSubmodule
      ? missingSubmodule(error, commit.label)
      : inBase(error, commit.label);
  });
  return { kind: "commit", label: commit.label, project, hasQueries: true };
}

async function folderBase(against: string, head: Project, cwd: string): Promise<ProjectBase | null> {
  const path = resolve(cwd, against);
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const project = found.isDirectory() ? await projectIn(path, basename(head.file), against, head) : null;
  if (project !== null) return { kind: "folder", label: against, project, hasQueries: true };
  // Nothing but schema files: they stand against the schema of every query set.
  const schema = [relative(head.root, path).split(sep).join("/") || "."];
  const querySets = head.config.querySets.map((set) => ({
    ...set,
    schema,
    queries: [],
    schemaSpans: [],
    queriesSpans: [],
  }));
  const withoutQueries = head.with({ config: { ...head.config, querySets }, diagnostics: [] });
  return { kind: "folder", label: against, project: withoutQueries, hasQueries: false };
}

async function projectIn(
  folder: string,
  ownName: string,
  label: string,
  { workspace, home }: Project,
): Promise<Project | null> {
  for (const name of new Set([ownName, ...CONFIG_NAMES])) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (!found?.isFile()) continue;
    const loaded = await loadConfig(name, folder).catch((error) => {
      throw inBase(error, label);
    });
    return Project.open(workspace, { ...loaded, home }, () => new DiskFiles(loaded.root));
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
  // The last commit whose message has the text.
  if (against.startsWith(":/")) return false;
  return /^\.{0,2}[/\\]|^\.{1,2}$|^[A-Za-z]:[/\\]|[/\\]$|\.sql$/.test(against);
}

function nothingNamed(): DiagnosticError {
  return new DiagnosticError([
    {
      code: "base-not-found",
      severity: "error",
      message: "--against: nothing is named",
      hint: "Is a variable empty? Leave the option out to compare with where the branch began.",
    },
  ]);
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
