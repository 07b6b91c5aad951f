import type { RawForeignKey, RawRelation } from "../postgres/catalog-objects.ts";
import type { JoinExpr, Var } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { isTrue, itemRow } from "./certain-row.ts";
import { isEquality, withoutRelabel } from "./operators.ts";
import { conjuncts, presentSides } from "./present-rows.ts";
import { addPresent, type FromItem, relationsUnder, rteOf, type Scope } from "./scope.ts";
import { reason } from "./value.ts";

/** Marks the sides of outer joins that always find a row: a subquery that gives one whatever happens, or a foreign key's target. */
export function markCertainJoins(scope: Scope, analysis: TreeAnalysis): void {
  for (const [rtindex, { node, type }] of scope.joins) {
    const [hasLeft, hasRight] = presentSides(type, rtindex, scope);
    for (const [side, own, other, isThere] of [
      ["r", node.rarg, node.larg, hasRight],
      ["l", node.larg, node.rarg, hasLeft],
    ] as const) {
      if (isThere) continue;
      const key = `${rtindex}:${side}`;
      if (isTrue(node.quals) && itemRow(own, scope, analysis).holds)
        addPresent(scope, key, reason("subquery-one-row"));
      else if (type !== "JOIN_FULL") {
        const foreignKey = matchingForeignKey(node, own, other, scope, analysis);
        if (foreignKey) addPresent(scope, key, reason("foreign-key", foreignKey.name));
      }
    }
  }
}

/** The foreign key that makes sure of a row in `own` for each of the join, where ON asks for that row and nothing else. */
function matchingForeignKey(
  join: JoinExpr,
  own: FromItem,
  other: FromItem,
  scope: Scope,
  analysis: TreeAnalysis,
): RawForeignKey | null {
  const target = plainTable(own, scope, analysis);
  if (!target || !isReadOnce(scope, analysis)) return null;
  const pairs = new Map<number, { readonly column: Var; readonly operator: number }>();
  for (const condition of conjuncts(join.quals)) {
    if (condition.kind !== "OpExpr" || !isEquality(condition, analysis.catalog)) return null;
    const columns = condition.args
      .map(withoutRelabel)
      .filter((arg) => arg.kind === "Var")
      .filter(({ varlevelsup }) => varlevelsup === 0);
    const referenced = columns.find(({ varno }) => varno === target.varno);
    const referencing = columns.find(({ varno }) => varno !== target.varno);
    if (!referenced || !referencing || pairs.has(referenced.varattno)) return null;
    // What the key takes for equal, another collation may tell apart.
    if (condition.inputcollid !== referenced.varcollid) return null;
    pairs.set(referenced.varattno, { column: referencing, operator: condition.opno });
  }
  const [first] = [...pairs.values()].map(({ column }) => column);
  if (!first || [...pairs.values()].some(({ column }) => column.varno !== first.varno)) return null;
  const source = rteOf(scope, first.varno);
  const relation = source?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(source.relid) : undefined;
  if (!relation || !keepsForeignKeys(relation) || !relationsUnder(other).has(first.varno)) return null;
  // MATCH SIMPLE: with a NULL in it a key refers to nothing.
  if ([...pairs.values()].some(({ column }) => analysis.value(column, scope).nullable)) return null;
  return (
    relation.foreignKeys.find(
      (key) =>
        key.references === target.relation.oid &&
        key.columns.length === pairs.size &&
        isObeyed(key, relation) &&
        key.columns.every((attno, i) => {
          const pair = pairs.get(key.referencedColumns[i]!);
          // Another equality, as of `citext::text`, does not find what the key's own has found.
          return pair?.column.varattno === attno && key.equalities[i]!.includes(pair.operator);
        }),
    ) ?? null
  );
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
 * Tells whether all rows of the level come from one snapshot. A command that waits for a lock looks again at the newest version of
 * a row, beside those of the other tables that it has already: a key and its target may then be of different times.
 */
function isReadOnce(scope: Scope, analysis: TreeAnalysis): boolean {
  if (!analysis.isWholeStatement) return false;
  for (let level: Scope | null = scope; level; level = level.parent) {
    if (level.query.commandType !== "CMD_SELECT" || level.query.rowMarks.length > 0) return false;
  }
  return true;
}
