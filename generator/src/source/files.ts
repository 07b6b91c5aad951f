import { readdir, stat } from "node:fs/promises";
import { join, posix, relative, resolve, sep } from "node:path";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { compareFiles } from "./file-order.ts";
import { isDownMigration } from "./migrations.ts";

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
    const found = await expandEntry(entry, root);
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
async function expandEntry(entry: string, root: string): Promise<string[] | string> {
  const path = toRelative(root, resolve(root, entry));
  const kind = await kindOf(resolve(root, entry));
  if (kind === "file") return isDownMigration(posix.basename(path)) ? [] : [path];
  if (kind === "folder") {
    const files = await filesOf(root, path);
    return files.length > 0 ? files : `the folder "${entry}" holds no .sql file`;
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
      for (const file of await filesOf(root, toRelative(root, resolve(root, match)))) files.add(file);
    else if (isSchemaOrQueryFile(posix.basename(match))) files.add(toRelative(root, resolve(root, match)));
  }
  return files.size > 0 ? [...files].sort(compareFiles) : `nothing matches "${entry}"`;
}

/** A folder's own files; where it has none but a folder per migration (Prisma, Drizzle), the migration of each. */
async function filesOf(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    if (!isSchemaOrQueryFile(entry.name)) continue;
    const path = posix.join(folder, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await kindOf(join(root, path))) === "file"))
      files.push(path);
  }
  if (files.length === 0) {
    for (const entry of entries) {
      const path = posix.join(folder, entry.name, "migration.sql");
      if (entry.isDirectory() && (await kindOf(join(root, path))) === "file") files.push(path);
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
