import type { SchemaFile } from "../../model/source.ts";
import { parseScript } from "../../postgres/raw-parse.ts";
import type { RawKind } from "../../postgres/raw-tree.ts";
import type { Catalog } from "./catalog.ts";
import { compareCatalogs, isSame } from "./compare.ts";

type File = Pick<SchemaFile, "path" | "text">;

/**
 * Finds the files that took the place of others, as those of a squash do: some of the base's are gone, and yet the schema is the same. What they
 * make is not new. What merely writes rows is another matter.
 * @param readCatalogs of the base and of the head, asked for where files are gone
 * @returns their paths
 */
export async function squashedFiles(
  base: readonly File[],
  head: readonly File[],
  readCatalogs: () => Promise<readonly [Catalog, Catalog]>,
): Promise<ReadonlySet<string>> {
  const [texts, paths] = [new Set(head.map(({ text }) => text)), new Set(head.map(({ path }) => path))];
  const isGone = base.some(({ path, text }) => !paths.has(path) && !texts.has(text));
  if (!isGone || !isSame(compareCatalogs(...(await readCatalogs())))) return new Set();
  const known = new Set(base.map(({ text }) => text));
  const found = new Set<string>();
  for (const file of head) if (!known.has(file.text) && (await makesSchema(file))) found.add(file.path);
  return found;
}

const OF_ROWS: ReadonlySet<RawKind> = new Set<RawKind>([
  "CallStmt",
  "CopyStmt",
  "DeleteStmt",
  "DoStmt",
  "InsertStmt",
  "MergeStmt",
  "RefreshMatViewStmt",
  "SelectStmt",
  "TransactionStmt",
  "TruncateStmt",
  "UpdateStmt",
  "VariableSetStmt",
]);

async function makesSchema({ text }: File): Promise<boolean> {
  const statements = await parseScript(text).catch(() => []);
  return statements.some(({ kind }) => !OF_ROWS.has(kind));
}
