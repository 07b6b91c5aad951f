import type { Span } from "../../../model/diagnostic.ts";
import type { RawTree } from "../../../postgres/raw-tree.ts";
import { namesOf, walkRaw } from "../../../postgres/raw-tree.ts";
import type { Catalog } from "../../schema/catalog.ts";
import { addedStatements } from "../added-files.ts";
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
  const placed = steps.map(({ sql }) => plain(sql)).join("\n");
  const routines = new Routines(catalogs);
  const found: Unplaced[] = [];
  for (const { statement, text, span } of await addedStatements(await filesOf(from), await filesOf(to))) {
    const sql = text.slice(statement.start, statement.end).trim();
    routines.note(statement, sql);
    const { trees, isOpen } = await routines.whole(statement, sql);
    if (!isOpen && !trees.some(writesRows)) continue;
    const own = sql.replace(/^(?:\s*--[^\n]*\n)+/, "").trim();
    if (!placed.includes(plain(own))) found.push({ sql: own, span });
  }
  return found;
}

const plain = (sql: string): string => sql.replace(/\s+/g, " ").trim();

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
