import { nodesOf, type RawTree, walkRaw } from "../../postgres/raw-tree.ts";
import { isNamed } from "../../sql/quoting.ts";
import type { Catalog } from "../schema/catalog.ts";
import { rangePath } from "../schema/sources/touches.ts";
import type { AccessKind } from "./concerns/access.ts";

/** What a statement does to the rows of a relation. */
interface Written {
  readonly path: readonly string[];
  readonly kinds: ReadonlySet<AccessKind>;
}

/** Finds what a statement inserts into, updates and deletes from. */
export function writtenIn({ kind, tree }: RawTree): Written[] {
  const found: Written[] = [];
  walkRaw({ [kind]: tree }, (inner, node) => {
    if (inner === "CreateFunctionStmt" || inner === "RuleStmt") return false;
    if (inner === "DeleteStmt") found.push({ path: rangePath(node.relation), kinds: new Set(["delete"]) });
    if (inner === "UpdateStmt") found.push({ path: rangePath(node.relation), kinds: new Set(["update"]) });
    if (inner === "InsertStmt") {
      const updates = node.onConflictClause?.action === "ONCONFLICT_UPDATE";
      found.push({
        path: rangePath(node.relation),
        kinds: new Set(updates ? ["insert", "update"] : ["insert"]),
      });
    }
    if (inner === "MergeStmt")
      found.push({
        path: rangePath(node.relation),
        kinds: new Set(
          nodesOf(node.mergeWhenClauses, "MergeWhenClause").flatMap(
            ({ commandType }) => MERGED[commandType ?? ""] ?? [],
          ),
        ),
      });
    return true;
  });
  return found;
}

const MERGED: Readonly<Record<string, AccessKind>> = {
  CMD_INSERT: "insert",
  CMD_UPDATE: "update",
  CMD_DELETE: "delete",
};

/** The tables and views that a path may mean: of every schema where it has none. */
export const relationsNamed = (path: readonly string[], { objects }: Catalog): string[] =>
  [...objects.values()].flatMap(({ kind, key, identity }) =>
    (kind === "table" || kind === "view") && isNamed(identity, path) ? [key] : [],
  );
