import type { Span } from "../../model/diagnostic.ts";
import { nodeOf, type RawTree, walkRaw } from "../../postgres/raw-tree.ts";
import { isNamed, partsOf } from "../../sql/quoting.ts";
import type { Catalog } from "../schema/catalog.ts";
import { rangePath } from "../schema/sources/touches.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Routines } from "./called.ts";
import { actionOf, referenced } from "./concerns/access.ts";

/** A table of which a migration that is new deletes rows: whoever reads it finds fewer. */
export interface Deletion {
  /** The key of the table, which both schemas have. */
  readonly key: string;
  /** The statement. */
  readonly span: Span;
}

/** Finds the tables, of those that both schemas have, of which rows are deleted: by what the statements say, functions that are called included, and by what foreign keys pass on. */
export async function deletionsBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
): Promise<Deletion[]> {
  const found = new Map<string, Deletion>();
  for (const { statement, sql, span } of statements) {
    const { trees } = await routines.whole(statement, sql);
    for (const path of trees.flatMap(deletedIn))
      for (const key of withChildren(tablesNamed(path, base), base))
        if (head.objects.has(key) && !found.has(key)) found.set(key, { key, span });
  }
  return [...found.values()];
}

/** The names of the tables that a statement deletes from. */
function deletedIn({ kind, tree }: RawTree): string[][] {
  const found: string[][] = [];
  walkRaw({ [kind]: tree }, (inner, node) => {
    if (inner === "CreateFunctionStmt" || inner === "RuleStmt") return false;
    if (inner === "DeleteStmt") found.push(rangePath(node.relation));
    if (inner === "TruncateStmt")
      for (const one of node.relations ?? []) found.push(rangePath(nodeOf(one, "RangeVar")));
    if (inner === "MergeStmt")
      for (const one of node.mergeWhenClauses ?? [])
        if (nodeOf(one, "MergeWhenClause")?.commandType === "CMD_DELETE")
          found.push(rangePath(node.relation));
    return true;
  });
  return found;
}

/** The tables that a path may mean: of every schema where it has none. */
const tablesNamed = (path: readonly string[], { objects }: Catalog): string[] =>
  [...objects.values()].flatMap(({ kind, key, identity }) =>
    kind === "table" && isNamed(identity, path) ? [key] : [],
  );

/** With those whose rows go along. */
function withChildren(keys: readonly string[], { objects }: Catalog): ReadonlySet<string> {
  const all = new Set(keys);
  // A set that grows is walked to its new end.
  for (const key of all) {
    const path = partsOf(objects.get(key)!.identity).join(".");
    for (const object of objects.values())
      if (
        object.kind === "constraint" &&
        object.parent !== null &&
        referenced(object.properties.definition) === path &&
        actionOf(object.properties.definition, "delete") === "cascade"
      )
        all.add(object.parent);
  }
  return all;
}
