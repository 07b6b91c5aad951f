import type { Files, FolderEntry } from "../../files/files.ts";
import { basename, dirname, join } from "../../files/paths.ts";
import type { Diagnostic, Span } from "../../model/diagnostic.ts";
import { isDownMigration, looksLikeUndoing, OF_MIGRATION } from "./tools.ts";

/** Migrations in other languages, which a tool runs between those in SQL. */
const CODE = /^[VR]?\d[\w.-]*(?<!_test|\.test|\.d)\.(?:go|[cm]?js|[cm]?ts|py|rb|java|kt|cs|php|exs?|rs)$/;
const OTHER_SUFFIX = /\.(?:(?!sql$)[sS][qQ][lL]|p?psql|pgsql|ddl|sql\.(?:gz|zst|xz|bz2|lz4|zip))$/;

/** Says what of a folder that `schema:` names is not read, although its tool may run it. */
export async function unreadIn(
  from: Files,
  entry: string,
  span: Span | undefined,
  read: ReadonlySet<string>,
): Promise<Diagnostic[]> {
  if ((await from.kind(entry)) !== "folder") return [];
  const folder = from.place(entry);
  const folders = new Set([...read].map(dirname));
  const isByFolder = [...read].some(
    (path) => OF_MIGRATION.includes(basename(path)) && dirname(dirname(path)) === folder,
  );
  // Where the files lie further down, those here belong to the tool.
  if (!folders.has(folder) && !isByFolder) return [];
  const entries = await from.list(folder);
  const names = entries.filter(({ kind }) => kind === "file").map(({ name }) => name);
  const stems = new Set([...read].map((path) => path.replace(/\.sql$/, "")));
  const told = (
    severity: Diagnostic["severity"],
    of: readonly string[],
    what: string,
    hint: string,
  ): Diagnostic[] =>
    of.length === 0
      ? []
      : [
          {
            code: "schema-unread",
            severity,
            message: `${join(folder, of[0]!)}${of.length > 1 ? ` and ${of.length - 1} more like it` : ""} ${what}`,
            hint,
            ...(span && { span }),
          },
        ];
  const code = names.filter(
    (name) => CODE.test(name) && !stems.has(join(folder, name.replace(/\.\w+$/, ""))),
  );
  const others = names.filter((name) => OTHER_SUFFIX.test(name) && !isDownMigration(name.toLowerCase()));
  const unnamed = names.filter(
    (name) => name.endsWith(".sql") && !read.has(join(folder, name)) && !isPutAside(name),
  );
  if (isByFolder)
    return told(
      "info",
      unnamed,
      "is not read: the migrations are those in the folders beside it",
      "Name it under `schema:` where it is part of the schema all the same.",
    );
  const isNamed = names.includes("sqitch.plan") || entries.some(({ name }) => name === "meta");
  return [
    ...told(
      "warning",
      code,
      "is a migration that is no SQL, and is not run: what it changes is not known here",
      "Say the same in an SQL file elsewhere, listed behind this folder under `schema:`.",
    ),
    ...told("warning", others, "is not read: only files that end in `.sql` are", "Name it under `schema:`."),
    ...told(
      "info",
      isNamed ? unnamed : [],
      "is left out: the plan or journal beside it does not name it",
      "Name it under `schema:` where it is part of the schema all the same.",
    ),
    ...told(
      "info",
      await foldersWithSql(from, folder, entries, folders),
      "has SQL files, which are not read: of a folder only its own are, as with sqlc",
      `Name it under \`schema:\` where it is part of the schema; \`${folder}/*.sql\` in place of \`${folder}\` says that it is not.`,
    ),
  ];
}

const isPutAside = (name: string): boolean =>
  name.startsWith(".") || isDownMigration(name) || looksLikeUndoing(name);

async function foldersWithSql(
  from: Files,
  folder: string,
  entries: readonly FolderEntry[],
  read: ReadonlySet<string>,
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of entries) {
    const path = join(folder, name);
    if (kind !== "folder" || isPutAside(name) || name === "verify" || name === "node_modules") continue;
    if ([...read].some((one) => one === path || one.startsWith(`${path}/`))) continue;
    if ((await from.list(path)).some((one) => one.kind === "file" && one.name.endsWith(".sql")))
      found.push(name);
  }
  return found;
}
