import { reasonOf } from "../diagnostics/file-problem.ts";
import { type Files, textOf } from "../files/files.ts";
import { basename, dirname, join } from "../files/paths.ts";
import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { changelogOf } from "./conventions/liquibase-changelog.ts";
import { asManifestSays } from "./conventions/manifests.ts";
import { isDownMigration, looksLikeUndoing, OF_MIGRATION, withoutUndoing } from "./conventions/tools.ts";
import { compareFiles, compareVersions, isVersioned } from "./file-order.ts";

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
    const found = await expandEntry(what, entry, from).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) {
      if (found.code === undefined) throw found;
      diagnostics.push({
        code: "file-unreadable",
        severity: "error",
        message: `${what}: cannot read ${from.place(found.path ?? entry)}: ${reasonOf(found)}`,
        hint: "The folder must be one that this user may read and enter.",
        ...(span && { span }),
      });
    } else if (typeof found === "string") {
      diagnostics.push({
        code: `${what}-missing`,
        severity: "error",
        message: `${what}: ${found}`,
        hint: pathHint(entry),
        ...(span && { span }),
      });
    } else for (const path of found) paths.add(path);
  }
  const all = [...paths];
  const isByVersion = what === "schema" && all.length > 1 && all.every(isVersioned);
  return { paths: isByVersion ? all.sort(compareVersions) : all, diagnostics };
}

function pathHint(entry: string): string {
  if (entry.includes("\\")) return `Paths have forward slashes: \`${entry.replaceAll("\\", "/")}\`.`;
  if (entry.includes("${"))
    return "Variables of the environment are put into `database.uri` alone: write the path.";
  if (entry.startsWith("~"))
    return "`~` is the shell's own: write the path from the folder of the configuration file.";
  return "Paths are relative to the folder of the configuration file.";
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
    what === "schema" ? asManifestSays(from, withoutUndoing(files)) : files;
  if (kind === "file") return isDownMigration(basename(path)) ? [] : [path];
  if (kind === "folder") {
    const changelog = what === "schema" ? await changelogOf(from, path) : null;
    if (changelog !== null) return [changelog];
    const files = await filesOf(from, path, what);
    return files.length > 0
      ? arranged(files)
      : `the folder "${entry}" holds no .sql file${await insteadOf(from, entry.replace(/\/+$/, ""))}`;
  }
  if (!/[*?[\]{}]/.test(entry)) return (await isListed(from, path)) ? [path] : `no file or folder "${entry}"`;

  const files = new Set<string>();
  for (const match of await from.match(entry)) {
    if (match.endsWith("/")) for (const file of await filesOf(from, from.place(match), what)) files.add(file);
    else if (isSchemaOrQueryFile(basename(match))) files.add(from.place(match));
  }
  return files.size > 0 ? arranged([...files].sort(compareFiles)) : `nothing matches "${entry}"`;
}

/** Tells whether something is there all the same, which cannot be followed or read: reading it says why. */
async function isListed(from: Files, path: string): Promise<boolean> {
  try {
    return (await from.list(dirname(path))).some(({ name }) => name === basename(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

/** Where a tool keeps the migrations of a folder that it is given: sqitch, graphile-migrate, db-migrate. */
const FOLDERS_OF_TOOLS = ["deploy", "committed", "sqls"];
/** graphile-migrate's migration that is being written: a file, or a folder of them. */
const CURRENT = /^current(?:\.sql)?$/;
/** As tools number migrations, or date them. */
const NUMBERED = /^\d/;
/** How far below a folder its migrations may lie: Hasura's `migrations/default/1_x/up.sql`. */
const DEPTH = 3;

/**
 * A folder's own files; where it has none, the migration of each folder in it, or those of the only folder in it that has any. Beside
 * folders that are numbered only its own that are, too, as Hasura runs both, and no other tool any file. Flyway reads the folders below, too.
 */
async function filesOf(
  from: Files,
  folder: string,
  what: "schema" | "queries",
  depth = DEPTH,
): Promise<string[]> {
  const entries = await from.list(folder);
  const files = entries.flatMap(({ name, kind }) =>
    kind !== "folder" && isSchemaOrQueryFile(name) ? [join(folder, name)] : [],
  );
  files.sort(compareFiles);
  if (what === "queries") return files;
  const folders = entries.filter(({ kind }) => kind === "folder").map(({ name }) => name);
  const own = folders.find((name) => FOLDERS_OF_TOOLS.includes(name));
  if (own !== undefined && files.every((file) => CURRENT.test(basename(file)))) {
    const current = folders.find((name) => CURRENT.test(name));
    const last = current === undefined ? [] : await filesOf(from, join(folder, current), what, 0);
    return [...(await filesOf(from, join(folder, own), what, 0)), ...last, ...files];
  }
  if (files.some(isVersioned)) return switchedOn(from, [...files, ...(await versionedBelow(from, folder))]);
  const migrations: string[] = [];
  for (const name of folders) {
    for (const migration of OF_MIGRATION) {
      const path = join(folder, name, migration);
      if ((await from.kind(path)) === "file") migrations.push(path);
    }
  }
  const areNumbered = migrations.some((path) => NUMBERED.test(basename(dirname(path))));
  if (files.length > 0 && !areNumbered) return files;
  if (migrations.length > 0 || depth === 0)
    return [...files.filter((path) => NUMBERED.test(basename(path))), ...migrations].sort(compareFiles);
  const versioned = await versionedBelow(from, folder);
  if (versioned.length > 0) return switchedOn(from, versioned);
  const below: string[][] = [];
  for (const name of folders.filter(holdsMigrations)) {
    const found = await filesOf(from, join(folder, name), what, depth - 1);
    if (found.length > 0) below.push(found);
  }
  return below.length === 1 ? below[0]! : [];
}

function holdsMigrations(name: string): boolean {
  return !name.startsWith(".") && name !== "node_modules" && name !== "verify" && !looksLikeUndoing(name);
}

/** Flyway's files in the folders below one. */
async function versionedBelow(from: Files, folder: string, depth = DEPTH): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await from.list(folder)) {
    if (kind !== "folder" || !holdsMigrations(name)) continue;
    const inside = join(folder, name);
    for (const own of await from.list(inside))
      if (own.kind !== "folder" && isSchemaOrQueryFile(own.name) && isVersioned(own.name))
        found.push(join(inside, own.name));
    if (depth > 0) found.push(...(await versionedBelow(from, inside, depth - 1)));
  }
  return found;
}

/** Without those that Flyway is told not to run, by a file beside them. */
async function switchedOn(from: Files, files: readonly string[]): Promise<string[]> {
  const folders = new Set(files.map(dirname));
  const told = new Set<string>();
  for (const folder of folders)
    for (const { name } of await from.list(folder))
      if (name.endsWith(".sql.conf")) told.add(join(folder, name));
  const kept: string[] = [];
  for (const file of files) {
    const text = told.has(`${file}.conf`) ? ((await textOf(from, `${file}.conf`)) ?? "") : "";
    if (!/^\s*shouldExecute\s*=\s*false\b/im.test(text)) kept.push(file);
  }
  return kept.sort(compareVersions);
}

function isSchemaOrQueryFile(name: string): boolean {
  return name.endsWith(".sql") && !name.startsWith(".") && !isDownMigration(name);
}

/** Says what a folder has in place of SQL files. */
async function insteadOf(from: Files, folder: string): Promise<string> {
  const deep = `${folder}/**/*.sql`;
  const found = (await from.match(deep)).map((path) => from.place(path));
  if (found.some((path) => dirname(path) !== from.place(folder)))
    return `, its folders do; \`${deep}\` stands for them`;
  if (found.length > 0) return `, but such as undo others: ${basename(found[0]!)}`;
  if ((await from.match(`${folder}/*.[sS][qQ][lL]`)).length > 0) return ", only such as end in capitals";
  if ((await from.kind(`${folder}/toc.dat`)) === "file")
    return `: it is a dump of pg_dump's; \`pg_restore --schema-only --no-owner -f ${folder}.sql ${folder}\` makes SQL of it`;
  const [packed] = await from.match(`${folder}/*.sql.{gz,zst,xz,bz2,lz4,zip}`);
  if (packed !== undefined) return `, only compressed ones such as ${basename(packed)}`;
  return "";
}
