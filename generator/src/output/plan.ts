import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import { GENERATED_HEADER, isOfPlugin, isOurs, sameContents } from "./ownership.ts";

export interface OutputFile {
  /** Relative to the out folder, with forward slashes. */
  readonly path: string;
  readonly contents: string;
}

/** What one query set wants its out folder to hold. */
export interface OutputSet {
  /** Index in the configuration's `sql:` list, for messages. */
  readonly index: number;
  /** As the configuration gives it: relative to its folder, or absolute. */
  readonly out: string;
  readonly files: readonly OutputFile[];
  /** Whether what sqlc's TypeScript plugin wrote there is replaced. */
  readonly replacesPlugin?: boolean;
  /** The plugin, or the option of sqlc's, that made the files: such have no mark of ours, and are overwritten as sqlc does. */
  readonly writtenBy?: string;
}

interface PlannedFile {
  readonly path: string;
  /** Relative to the configuration's folder, with forward slashes: for messages and diffs. */
  readonly shown: string;
}
export interface WantedFile extends PlannedFile {
  readonly kind: "create" | "update" | "unchanged";
  readonly contents: string;
  /** What is there now; null where nothing is. */
  readonly previous: string | null;
}
export interface LeftoverFile extends PlannedFile {
  readonly kind: "remove";
  readonly previous: string;
}

/** What has to change on disk. With an error among its diagnostics it must not be carried out. */
export interface OutputPlan {
  readonly folders: readonly string[];
  readonly wanted: readonly WantedFile[];
  readonly leftover: readonly LeftoverFile[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Claim extends PlannedFile {
  readonly contents: string;
  readonly set: OutputSet;
}

/**
 * Compares what all query sets want with what is on disk. The rules:
 *
 * - An out folder may lie outside of the configuration's folder (`../client/src/db` in a monorepo): who writes it there
 *   means it, and no file but our own is ever touched. A file *name* that leaves its out folder is refused.
 * - Query sets may share an out folder; what is left over is judged by all of them together. Only two that want
 *   different contents in one file are refused.
 * - Left over is what carries our header, in the out folders and those below them that this run writes into. Folders
 *   further down are not searched: they may be the output of another configuration.
 */
export async function planOutput(
  sets: readonly OutputSet[],
  root: string,
  fs: FileSystem = nodeFileSystem,
): Promise<OutputPlan> {
  const diagnostics: Diagnostic[] = [];
  const claims = claimFiles(sets, root, diagnostics);
  const folders = new Set(sets.map((set) => resolve(root, set.out)));
  for (const claim of claims.values()) folders.add(dirname(claim.path));
  const wanted: WantedFile[] = [];
  for (const claim of claims.values()) {
    const file = await compareWithDisk(claim, fs);
    if ("code" in file) diagnostics.push(file);
    else wanted.push(file);
  }
  const leftover = diagnostics.length > 0 ? [] : await findLeftover(folders, claims, root, fs);
  return { folders: [...folders], wanted, leftover, diagnostics };
}

function claimFiles(sets: readonly OutputSet[], root: string, diagnostics: Diagnostic[]): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const set of sets) {
    const folder = resolve(root, set.out);
    for (const file of set.files) {
      const path = resolve(folder, file.path);
      const shown = show(root, path);
      if (!isInside(folder, path)) {
        diagnostics.push({
          code: "output-path-invalid",
          severity: "error",
          message: `invalid output file "${file.path}": it is outside of the folder "${set.out}"`,
          hint: set.writtenBy
            ? `It is what the plugin "${set.writtenBy}" answers; nothing was written.`
            : "A query file's name becomes the name of its module; rename the query file.",
        });
        continue;
      }
      if (set.writtenBy === undefined && !isOurs(file.contents))
        throw new Error(`${shown} was generated without the line ${GENERATED_HEADER}`);
      // On some file systems names that differ only in case are one file: treat them so everywhere.
      const key = path.toLowerCase();
      const other = claims.get(key);
      if (other === undefined) claims.set(key, { path, shown, contents: file.contents, set });
      else if (other.path !== path || other.contents !== file.contents) {
        diagnostics.push(collision(other, { path, shown, contents: file.contents, set }));
      }
    }
  }
  return claims;
}

function collision(first: Claim, second: Claim): Diagnostic {
  const files = first.shown === second.shown ? first.shown : `${first.shown} and ${second.shown}`;
  if (first.set === second.set) {
    return {
      code: "output-collision",
      severity: "error",
      message: `two files of sql[${first.set.index}] would be written to ${files}`,
      hint: "Names that differ only in case are one file on macOS and Windows; rename one of the query files.",
    };
  }
  return {
    code: "output-collision",
    severity: "error",
    message: `sql[${first.set.index}] and sql[${second.set.index}] would both write ${files}, with different contents`,
    hint: 'Give each entry an "out" folder of its own.',
  };
}

async function compareWithDisk(claim: Claim, fs: FileSystem): Promise<WantedFile | Diagnostic> {
  const { shown, contents } = claim;
  const path = await fs.resolve(claim.path);
  let previous: string | null;
  try {
    previous = await fs.read(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return notOurs(shown, code === "EISDIR" ? "it is a folder" : `it cannot be read (${code ?? message})`);
  }
  if (previous === null) return { kind: "create", path, shown, contents, previous };
  const { replacesPlugin, writtenBy } = claim.set;
  const isReplaced =
    writtenBy !== undefined || isOurs(previous) || (replacesPlugin === true && isOfPlugin(previous));
  if (!isReplaced) return notOurs(shown, "it was not written by solitude-gen");
  return { kind: sameContents(previous, contents) ? "unchanged" : "update", path, shown, contents, previous };
}

function notOurs(shown: string, reason: string): Diagnostic {
  return {
    code: "output-not-ours",
    severity: "error",
    message: `${shown} would be overwritten, but ${reason}`,
    hint: 'Move or delete it, or choose another "out" folder. Nothing was written.',
  };
}

async function findLeftover(
  folders: ReadonlySet<string>,
  claims: ReadonlyMap<string, Claim>,
  root: string,
  fs: FileSystem,
): Promise<LeftoverFile[]> {
  const found: LeftoverFile[] = [];
  for (const folder of folders) {
    for (const name of await fs.list(folder)) {
      const path = join(folder, name);
      if (claims.get(path.toLowerCase())?.path === path || !/\.[cm]?tsx?$/.test(name)) continue;
      // Unreadable, or a link to nothing: then it is not ours.
      const previous = await fs.read(path).catch(() => null);
      if (previous !== null && isOurs(previous)) {
        found.push({ kind: "remove", path, shown: show(root, path), previous });
      }
    }
  }
  return found.sort((a, b) => (a.shown < b.shown ? -1 : 1));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function show(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}
