import { readdir, stat } from "node:fs/promises";
import { join, posix, relative, resolve, sep } from "node:path";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { asManifestSays } from "./conventions/manifests.ts";
import { isDownMigration } from "./conventions/tools.ts";
import { compareFiles } from "./file-order.ts";

export interface Expansion {
  /** Relative to the root, with forward slashes, in the order in which they apply; none twice. */
  readonly paths: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Expands the `schema` or `queries` entries of a configuration: files, folders and globs, relative to `root`. */
export async function expandFiles(
  what: "schema" | "queries",
  entries: readonly string[],
  root: string,
  spans: readonly Span[] = [],
): Promise<Expansion> {
  const paths = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const [i, entry] of entries.entries()) {
    const span = spans[i];
    const found = await expandEntry(what, entry, root);
    if (typeof found === "string") {
      diagnostics.push({
        code: `${what}-missing`,
        severity: "error",
        message: `${what}: ${found}`,
        hint: "Paths are relative to the folder of the configuration file.",
        ...(span && { span }),
      });
    } else for (const path of found) paths.add(path);
  }
  return { paths: [...paths], diagnostics };
}

/** The files of one entry, or what is wrong with it. */
async function expandEntry(
  what: "schema" | "queries",
  entry: string,
  root: string,
): Promise<string[] | string> {
  const path = toRelative(root, resolve(root, entry));
  const kind = await kindOf(resolve(root, entry));
  const arranged = (files: string[]): Promise<string[]> | string[] =>
    what === "schema" ? asManifestSays(root, files) : files;
  if (kind === "file") return isDownMigration(posix.basename(path)) ? [] : [path];
  if (kind === "folder") {
    const files = await filesOf(root, path, what);
    return files.length > 0 ? arranged(files) : `the folder "${entry}" holds no .sql file`;
  }
  if (!/[*?[\]{}]/.test(entry)) return `no file or folder "${entry}"`;

  const { glob } = await import("tinyglobby");
  const matches = await glob(entry.replaceAll("\\", "/"), {
    cwd: root,
    onlyFiles: false,
    expandDirectories: false,
  });
  const files = new Set<string>();
  for (const match of matches) {
    if (match.endsWith("/"))
      for (const file of await filesOf(root, toRelative(root, resolve(root, match)), what)) files.add(file);
    else if (isSchemaOrQueryFile(posix.basename(match))) files.add(toRelative(root, resolve(root, match)));
  }
  return files.size > 0 ? arranged([...files].sort(compareFiles)) : `nothing matches "${entry}"`;
}

/** In a folder for each migration, the file that migrates: Prisma's and Drizzle's, Hasura's and Diesel's. */
const OF_MIGRATION = ["migration.sql", "up.sql"];
/** Where a tool keeps the migrations of a folder that it is given: sqitch, graphile-migrate, db-migrate. */
const FOLDERS_OF_TOOLS = ["deploy", "committed", "sqls"];

/** A folder's own files; where it has none but a folder per migration, the migration of each. */
async function filesOf(root: string, folder: string, what: "schema" | "queries"): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    if (!isSchemaOrQueryFile(entry.name)) continue;
    const path = posix.join(folder, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await kindOf(join(root, path))) === "file"))
      files.push(path);
  }
  files.sort(compareFiles);
  if (what === "queries") return files;
  const own = entries.find((entry) => entry.isDirectory() && FOLDERS_OF_TOOLS.includes(entry.name))?.name;
  // graphile-migrate's current.sql comes last.
  if (own !== undefined && files.every((file) => posix.basename(file) === "current.sql"))
    return [...(await filesOf(root, posix.join(folder, own), what)), ...files];
  if (files.length > 0) return files;
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    for (const name of OF_MIGRATION) {
      const path = posix.join(folder, entry.name, name);
      if ((await kindOf(join(root, path))) === "file") files.push(path);
    }
  }
  return files.sort(compareFiles);
}

function isSchemaOrQueryFile(name: string): boolean {
  return name.endsWith(".sql") && !name.startsWith(".") && !isDownMigration(name);
}

async function kindOf(path: string): Promise<"file" | "folder" | null> {
  const found = await stat(path).catch(() => null);
  if (!found) return null;
  return found.isDirectory() ? "folder" : "file";
}

function toRelative(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}
