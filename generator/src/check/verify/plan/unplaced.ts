import type { Span } from "../../../model/diagnostic.ts";
import { parseScript } from "../../../postgres/raw-parse.ts";
import type { RawTree } from "../../../postgres/raw-tree.ts";
import { namesOf, walkRaw } from "../../../postgres/raw-tree.ts";
import { leadingBlank } from "../../../sql/cut.ts";
import type { Catalog } from "../../schema/catalog.ts";
import { addedFiles, addedStatements } from "../added-files.ts";
import { Routines } from "../called.ts";
import { filesOf, type SideOf } from "../trial/both.ts";

/** A statement of the migration that writes rows or sets a sequence, and that no step of a plan has. */
export interface Unplaced {
  readonly sql: string;
  readonly span: Span;
}

/** Finds what a migration does to rows and sequences that no step does: the steps lead to its schema, and a catalog says nothing of those. */
export async function unplacedStatements(
  from: SideOf,
  to: SideOf,
  catalogs: readonly Catalog[],
  steps: readonly { readonly sql: string }[],
): Promise<Unplaced[]> {
  const placed = await writtenInSteps(steps);
  const routines = new Routines(catalogs);
  const found: Unplaced[] = [];
  for (const { statement, sql, span } of await addedStatements(await filesOf(from), await filesOf(to))) {
    routines.note(statement, sql);
    const { trees, isOpen } = await routines.whole(statement, sql);
    if (!isOpen && !trees.some(writesRows)) continue;
    if (placed.has(written(statement, true))) continue;
    found.push({ sql: sql.slice(leadingBlank(sql)).trimEnd(), span });
  }
  return found;
}

/** Gives what is new of a migration as it was written; null where the schema is edited in place, so that running it leads nowhere. */
export async function ownMigration(from: SideOf, to: SideOf): Promise<string | null> {
  const [base, head] = [await filesOf(from), await filesOf(to)];
  const statements = await addedStatements(base, head);
  const added = new Set(addedFiles(base, head));
  const kept = head.filter((file) => !added.has(file)).map(({ text }) => text);
  const isBehind = String(kept) === String(base.map(({ text }) => text));
  if (statements.length === 0 || !isBehind) return null;
  return statements.map(({ sql }) => `${sql.slice(leadingBlank(sql)).trimEnd()};\n`).join("");
}

/** Gives the statements of the steps, which name every table with its schema, as they are and as who leaves that out writes them. */
async function writtenInSteps(steps: readonly { readonly sql: string }[]): Promise<ReadonlySet<string>> {
  const scripts = await Promise.all(steps.map(({ sql }) => parseScript(sql).catch(() => [])));
  return new Set(scripts.flat().flatMap((one) => [written(one, true), written(one, false)]));
}

/** A statement whatever its spaces, its case and its place, with or without the schemas that it names. */
function written({ kind, tree }: RawTree, withSchemas: boolean): string {
  const left = (key: string): boolean => key === "location" || (key === "schemaname" && !withSchemas);
  return JSON.stringify([kind, tree], (key, value) => (left(key) ? undefined : value));
}

const WRITING: ReadonlySet<string> = new Set([
  "CopyStmt",
  "CreateTableAsStmt",
  "DeleteStmt",
  "InsertStmt",
  "MergeStmt",
  "TruncateStmt",
  "UpdateStmt",
]);

function writesRows({ kind, tree }: RawTree): boolean {
  let writes = false;
  walkRaw({ [kind]: tree }, (inner, node) => {
    // What a function or a view does is no part of what makes it.
    if (/^(?:CreateFunction|Rule|View)Stmt$/.test(inner)) return false;
    if (WRITING.has(inner)) writes = true;
    if (inner === "SelectStmt" && node.intoClause !== undefined) writes = true;
    if (inner === "FuncCall" && namesOf(node.funcname).at(-1) === "setval") writes = true;
    if (inner === "DefElem" && node.defname === "restart") writes = true;
    return !writes;
  });
  return writes;
}
