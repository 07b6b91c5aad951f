import type { Files } from "../files/files.ts";
import { basename, join } from "../files/paths.ts";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { changelogOf } from "./conventions/liquibase-changelog.ts";
import { asManifestSays } from "./conventions/manifests.ts";
import { isDownMigration } from "./conventions/tools.ts";
import { compareFiles } from "./file-order.ts";

export interface Expansion {
  /** Relative to the configuration's folder, with forward slashes, in the order in which they apply; none twice. */
  readonly paths: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Expands the `schema` or `queries` entries of a configuration: files, folders and globs. */
export async function expandFiles(
  what: "schema" | "queries",
  entries: readonly string[],
  from: Files,
  spans: readonly Span[] = [],
): Promise<Expansion> {
  const paths = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const [i, entry] of entries.entries()) {
    const span = spans[i];
    const found = await expandEntry(what, entry, from);
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
  from: Files,
): Promise<string[] | string> {
  const path = from.place(entry);
  const kind = await from.kind(entry);
  const arranged = (files: string[]): Promise<string[]> | string[] =>
    what === "schema" ? asManifestSays(from, files) : files;
  if (kind === "file") return isDownMigration(basename(path)) ? [] : [path];
  if (kind === "folder") {
    const changelog = what === "schema" ? await changelogOf(from, path) : null;
    if (changelog !== null) return [changelog];
    const files = await filesOf(from, path, what);
    return files.length > 0
      ? arranged(files)
      : `the folder "${entry}" holds no .sql file${await insteadOf(from, entry.replace(/\/+$/, ""))}`;
  }
  if (!/[*?[\]{}]/.test(entry)) return `no file or folder "${entry}"`;

  const files = new Set<string>();
  for (const match of await from.match(entry)) {
    if (match.endsWith("/")) for (const file of await filesOf(from, from.place(match), what)) files.add(file);
    else if (isSchemaOrQueryFile(basename(match))) files.add(from.place(match));
  }
  return files.size > 0 ? arranged([...files].sort(compareFiles)) : `nothing matches "${entry}"`;
}

/** In a folder for each migration, the file that migrates: Prisma's and Drizzle's, Hasura's and Diesel's. */
const OF_MIGRATION = ["migration.sql", "up.sql"];
/** Where a tool keeps the migrations of a folder that it is given: sqitch, graphile-migrate, db-migrate. */
const FOLDERS_OF_TOOLS = ["deploy", "committed", "sqls"];

/** A folder's own files; where it has none but a folder per migration, the migration of each. */
async function filesOf(from: Files, folder: string, what: "schema" | "queries"): Promise<string[]> {
  const entries = await from.list(folder);
  const files = entries.flatMap(({ name, kind }) =>
    kind === "file" && isSchemaOrQueryFile(name) ? [join(folder, name)] : [],
  );
  files.sort(compareFiles);
  if (what === "queries") return files;
  const own = entries.find(({ name, kind }) => kind === "folder" && FOLDERS_OF_TOOLS.includes(name))?.name;
  // graphile-migrate's current.sql comes last.
  if (own !== undefined && files.every((file) => basename(file) === "current.sql"))
    return [...(await filesOf(from, join(folder, own), what)), ...files];
  if (files.length > 0) return files;
  for (const entry of entries) {
    if (entry.kind !== "folder") continue;
    for (const name of OF_MIGRATION) {
      const path = join(folder, entry.name, name);
      if ((await from.kind(path)) === "file") files.push(path);
    }
  }
  return files.sort(compareFiles);
}

function isSchemaOrQueryFile(name: string): boolean {
  return name.endsWith(".sql") && !name.startsWith(".") && !isDownMigration(name);
}

/** Says what a folder has in place of SQL files. */
async function insteadOf(from: Files, folder: string): Promise<string> {
  const deep = `${folder}/**/*.sql`;
  if ((await from.match(deep)).length > 0) return `, its folders do; \`${deep}\` stands for them`;
  if ((await from.match(`${folder}/*.[sS][qQ][lL]`)).length > 0) return ", only such as end in capitals";
  return "";
}
