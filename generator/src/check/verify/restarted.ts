import type { Span } from "../../model/diagnostic.ts";
import { namesOf, nodeOf, nodesOf, type RawNode, type RawTree, walkRaw } from "../../postgres/raw-tree.ts";
import { isNamed, partsOf } from "../../sql/quoting.ts";
import type { Catalog, CatalogObject } from "../schema/catalog.ts";
import type { MigrationStatement } from "./added-files.ts";
import type { Routines } from "./called.ts";

/** A sequence that a migration sets to a number of its own choice: what was taken may come again. */
export interface Restart {
  /** The key of the sequence, or of the column that is an identity. */
  readonly key: string;
  /** The statement. */
  readonly span: Span;
}

/** Finds the sequences, of those that both schemas have, which begin anew: by RESTART, or by `setval` of a constant. */
export async function restartsBetween(
  base: Catalog,
  head: Catalog,
  statements: readonly MigrationStatement[],
  routines: Routines,
): Promise<Restart[]> {
  const found = new Map<string, Restart>();
  for (const { statement, sql, span } of statements) {
    const { trees } = await routines.whole(statement, sql);
    for (const meant of trees.flatMap(restartsIn))
      for (const { key } of counters(meant, base)) if (head.objects.has(key)) found.set(key, { key, span });
  }
  return [...found.values()];
}

/** A sequence by its name, or the one of a column. */
type Meant = { readonly sequence: readonly string[] } | { readonly column: readonly string[] };

function restartsIn({ kind, tree }: RawTree): Meant[] {
  const found: Meant[] = [];
  const restarts = (options: readonly RawNode[] | undefined): boolean =>
    nodesOf(options, "DefElem").some(({ defname }) => defname === "restart");
  walkRaw({ [kind]: tree }, (inner, node) => {
    if (inner === "CreateFunctionStmt" || inner === "RuleStmt") return false;
    if (inner === "AlterSeqStmt" && restarts(node.options))
      found.push({
        sequence: [node.sequence?.schemaname, node.sequence?.relname].filter((one) => one !== undefined),
      });
    if (inner === "AlterTableStmt")
      for (const { subtype, name, def } of nodesOf(node.cmds, "AlterTableCmd"))
        if (subtype === "AT_SetIdentity" && name !== undefined && restarts(nodeOf(def, "List")?.items))
          found.push({
            column: [node.relation?.schemaname, node.relation?.relname, name].filter(
              (one) => one !== undefined,
            ),
          });
    if (inner === "FuncCall" && namesOf(node.funcname).at(-1) === "setval") {
      const [which, to] = node.args ?? [];
      const meant = sequenceIn(which);
      if (meant !== null && nodeOf(to, "A_Const") !== undefined) found.push(meant);
    }
    return true;
  });
  return found;
}

/** `'s'`, `'s'::regclass` or `pg_get_serial_sequence('t', 'c')`. */
function sequenceIn(node: RawNode | undefined): Meant | null {
  const cast = nodeOf(node, "TypeCast");
  if (cast !== undefined) return sequenceIn(cast.arg);
  const name = constantIn(node);
  if (name !== undefined) return { sequence: partsOf(name) };
  const call = nodeOf(node, "FuncCall");
  if (namesOf(call?.funcname).at(-1) !== "pg_get_serial_sequence") return null;
  const [table, column] = (call?.args ?? []).map(constantIn);
  return table === undefined || column === undefined ? null : { column: [...partsOf(table), column] };
}

const constantIn = (node: RawNode | undefined): string | undefined => nodeOf(node, "A_Const")?.sval?.sval;

/** The sequences and identities of a schema that may be meant. */
function counters(meant: Meant, catalog: Catalog): CatalogObject[] {
  const objects = [...catalog.objects.values()];
  if ("column" in meant)
    return objects.flatMap((object) => {
      if (object.kind !== "column" || !isNamed(object.identity, meant.column)) return [];
      if (object.properties.identity !== null) return [object];
      const owned = objects.filter(
        (one) => one.kind === "sequence owner" && isNamed(one.properties.column, partsOf(object.identity)),
      );
      return owned.flatMap(({ parent }) => (parent === null ? [] : (catalog.objects.get(parent) ?? [])));
    });
  return objects.filter((object) =>
    object.kind === "sequence"
      ? isNamed(object.identity, meant.sequence)
      : object.kind === "column" &&
        object.properties.identity !== null &&
        isNamedAfter(object, meant.sequence),
  );
}

/** The sequence of an identity is called after its table and column, unless somebody says otherwise. */
function isNamedAfter({ identity }: CatalogObject, sequence: readonly string[]): boolean {
  const [schema, table, column] = partsOf(identity);
  return sequence.at(-1) === `${table}_${column}_seq` && (sequence.length === 1 || sequence[0] === schema);
}
