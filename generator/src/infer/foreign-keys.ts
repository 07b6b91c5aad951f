import type { RawForeignKey, RawRelation } from "../postgres/catalog-objects.ts";
import type { Expression, Var } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { isEquality, withoutRelabel } from "./operators.ts";
import { type FromItem, rteOf, type Scope, scopeOf } from "./scope.ts";

/** A foreign key, and a column of the row that it makes another one be there for: of this level, or of one around it. */
export interface KeyMatch {
  readonly key: RawForeignKey;
  readonly source: Var;
}

/**
 * Finds the foreign key that makes sure of a row of an item of FROM for each row of another, where the conditions ask for that row and
 * nothing else.
 */
export function matchingForeignKey(
  item: FromItem,
  conditions: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): KeyMatch | null {
  const target = plainTable(item, scope, analysis);
  if (!target || !isReadOnce(scope, analysis)) return null;
  const pairs = new Map<number, { readonly column: Var; readonly operator: number }>();
  for (const condition of conditions) {
    if (condition.kind !== "OpExpr" || !isEquality(condition, analysis.catalog)) return null;
    const columns = condition.args.flatMap((arg) => {
      const written = withoutRelabel(arg);
      const column = written.kind === "Var" ? columnUnder(written, scope) : null;
      return written.kind === "Var" && column ? { written, column } : [];
    });
    const referenced = columns.find(({ column }) => isOf(column, target.varno))?.column;
    const referencing = columns.find(({ column }) => !isOf(column, target.varno));
    if (!referenced || !referencing || pairs.has(referenced.varattno)) return null;
    // What the key takes for equal, another collation may tell apart.
    if (condition.inputcollid !== referenced.varcollid) return null;
    // MATCH SIMPLE: with a NULL in it a key refers to nothing.
    if (analysis.value(referencing.written, scope).nullable) return null;
    pairs.set(referenced.varattno, { column: referencing.column, operator: condition.opno });
  }
  const columns = [...pairs.values()].map(({ column }) => column);
  const [source] = columns;
  if (!source) return null;
  if (columns.some((one) => one.varno !== source.varno || one.varlevelsup !== source.varlevelsup))
    return null;
  const owner = scopeOf(scope, source.varlevelsup);
  const rte = owner ? rteOf(owner, source.varno) : undefined;
  const relation = rte?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
  if (!relation || !keepsForeignKeys(relation)) return null;
  const key = relation.foreignKeys.find(
    (one) =>
      one.references === target.relation.oid &&
      one.columns.length === pairs.size &&
      isObeyed(one, relation) &&
      one.columns.every((attno, i) => {
        const pair = pairs.get(one.referencedColumns[i]!);
        // Another equality, as of `citext::text`, does not find what the key's own has found.
        return pair?.column.varattno === attno && one.equalities[i]!.includes(pair.operator);
      }),
  );
  return key ? { key, source } : null;
}

/** The column that a join's or a grouping's name for it means; null where that is an expression. */
function columnUnder(column: Var, scope: Scope): Var | null {
  const owner = scopeOf(scope, column.varlevelsup);
  const rte = owner ? rteOf(owner, column.varno) : undefined;
  const list =
    rte?.rtekind === "RTE_JOIN" ? rte.joinaliasvars : rte?.rtekind === "RTE_GROUP" ? rte.groupexprs : null;
  if (list === null) return column;
  const under = list[column.varattno - 1];
  if (under?.kind !== "Var" || under.varlevelsup > 0) return null;
  return columnUnder({ ...under, varlevelsup: column.varlevelsup }, scope);
}

/** Tells whether it is a column of that entry of the level's own. */
export function isOf({ varlevelsup, varno }: Var, entry: number): boolean {
  return varlevelsup === 0 && varno === entry;
}

/** A table that is read as it is; row security, or a sample, may hide the row that a key refers to. */
function plainTable(
  item: FromItem,
  scope: Scope,
  analysis: TreeAnalysis,
): { readonly varno: number; readonly relation: RawRelation } | null {
  const rte = item.kind === "RangeTblRef" ? rteOf(scope, item.rtindex) : undefined;
  if (item.kind !== "RangeTblRef" || rte?.rtekind !== "RTE_RELATION" || rte.tablesample) return null;
  const relation = analysis.catalog.relation(rte.relid);
  if (relation?.kind !== "table" || relation.rowSecurity || relation.hasChildren) return null;
  return { varno: item.rtindex, relation };
}

/** Children do not inherit foreign keys; partitions do. */
function keepsForeignKeys({ kind, hasChildren }: RawRelation): boolean {
  return kind === "partitioned table" || (kind === "table" && !hasChildren);
}

/**
 * Tells whether nothing comes between a key and what it does to the rows that refer (CASCADE, SET NULL): a rule may replace that
 * command, a BEFORE trigger may leave its row out or write another key.
 */
function isObeyed({ actions, columns }: RawForeignKey, relation: RawRelation): boolean {
  if (actions.length === 0) return true;
  const names = columns.map((attno) => relation.columns.get(attno)?.name);
  return (
    !relation.hasRewriteRules &&
    !relation.triggers.some(
      ({ events, sets, mayDropRow }) =>
        actions.some((action) => events.includes(action)) &&
        (mayDropRow || sets === null || sets.some((name) => names.includes(name))),
    )
  );
}

/**
 * Tells whether all rows of the level, and of those around it, come from one snapshot. A command that waits for a lock looks again at
 * the newest version of a row, beside those of the other tables that it has already: a key and its target may then be of different times.
 */
function isReadOnce(scope: Scope, analysis: TreeAnalysis): boolean {
  if (!analysis.isWholeStatement) return false;
  for (let level: Scope | null = scope; level; level = level.parent) {
    if (level.query.commandType !== "CMD_SELECT" || level.query.rowMarks.length > 0) return false;
  }
  return true;
}
