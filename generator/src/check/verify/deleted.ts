import type { Span } from "../../model/diagnostic.ts";
import { nodeOf, type RawTree } from "../../postgres/raw-tree.ts";
import { partsOf } from "../../sql/quoting.ts";
import type { Catalog } from "../schema/catalog.ts";
import { droppedIn, renameIn } from "../schema/sources/renames.ts";
import { rangePath } from "../schema/sources/touches.ts";
import { identityOf } from "../schema/sql/names.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Routines } from "./called.ts";
import { type AccessKind, partsOfWhole, referenced, setOffBy } from "./concerns/access.ts";
import { relationsNamed, writtenIn } from "./written-relations.ts";

/** A table of which a migration that is new deletes rows: whoever reads it finds fewer. */
export interface Deletion {
  /** The key of the table, which both schemas have. */
  readonly key: string;
  /** The statement. */
  readonly span: Span;
}

/**
 * Finds the tables, of those that both schemas have, of which rows are deleted: by what the statements say, functions that are called included, by what that sets
 * off (behind views, by triggers, rules and foreign keys), and with a table that is dropped or renamed, and made anew.
 */
export async function deletionsBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
): Promise<Deletion[]> {
  const found = new Map<string, Deletion>();
  const dropped = new Map<string, Span>();
  const add = (keys: Iterable<string>, span: Span): void => {
    for (const one of keys)
      for (const key of partsOfWhole(one, base))
        if (head.objects.has(key) && !found.has(key)) found.set(key, { key, span });
  };
  for (const { statement, sql, span } of statements) {
    const { trees } = await routines.whole(statement, sql);
    for (const { path, kinds } of trees.flatMap(writtenIn)) {
      const done = new Map(relationsNamed(path, base).map((key) => [key, kinds]));
      add(deletedAmong(setOffBy(done, base).tables), span);
      // Its rows may be those that were there.
      if (kinds.has("insert")) for (const key of done.keys()) dropped.delete(key);
    }
    for (const { paths, takesAlong } of trees.flatMap(truncatedIn)) {
      const tables = paths.flatMap((path) => relationsNamed(path, base));
      add(takesAlong ? withReferring(tables, base) : tables, span);
    }
    for (const path of trees.flatMap(takenAwayIn))
      for (const key of relationsNamed(path, base)) dropped.set(key, span);
  }
  for (const [key, span] of dropped) if (isMadeIn(statements, partsOf(identityOf(key)))) add([key], span);
  return [...found.values()];
}

const deletedAmong = (tables: ReadonlyMap<string, ReadonlySet<AccessKind>>): string[] =>
  [...tables].flatMap(([key, kinds]) => (kinds.has("delete") ? [key] : []));

/** Finds what a statement truncates, which sets off neither the triggers of rows nor foreign keys. */
function truncatedIn({ kind, tree }: RawTree): {
  readonly paths: readonly string[][];
  readonly takesAlong: boolean;
}[] {
  if (kind !== "TruncateStmt") return [];
  const paths = (tree.relations ?? []).map((one) => rangePath(nodeOf(one, "RangeVar")));
  return [{ paths, takesAlong: tree.behavior === "DROP_CASCADE" }];
}

/** The names of the tables that a statement drops, or gives another name. */
function takenAwayIn(statement: RawTree): (readonly string[])[] {
  const renamed = renameIn(statement);
  const { kind, tree } = statement;
  const isTable = kind === "DropStmt" && tree.removeType === "OBJECT_TABLE";
  return [
    ...(renamed?.kind === "relation" ? [renamed.from] : []),
    ...(isTable ? droppedIn(statement).map(({ from }) => from) : []),
  ];
}

/** Tells whether one of the statements makes a table of that name, without any rows. */
const isMadeIn = (statements: readonly MigrationStatement[], path: readonly string[]): boolean =>
  statements.some(({ statement }) => {
    const { kind, tree } = statement;
    const made = kind === "CreateStmt" ? rangePath(tree.relation) : [];
    return made.length > 0 && made.every((part, i) => part === path.slice(-made.length)[i]);
  });

/** With those that refer to them, whatever their foreign keys do. */
function withReferring(keys: readonly string[], { objects }: Catalog): ReadonlySet<string> {
  const all = new Set(keys);
  for (const key of all) {
    const path = partsOf(identityOf(key)).join(".");
    for (const object of objects.values())
      if (
        object.kind === "constraint" &&
        object.parent !== null &&
        referenced(object.properties.definition) === path
      )
        all.add(object.parent);
  }
  return all;
}
