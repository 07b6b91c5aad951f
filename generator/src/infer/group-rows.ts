import type { Reason } from "../model/reason.ts";
import type { Aggref, Expression, NullTest } from "../postgres/tree/node-types.ts";
import { ownNodes } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { itemRow } from "./certain-row.ts";
import { expressionKey } from "./expression-key.ts";
import { countedKey } from "./predicates.ts";
import { type GroupRow, openScope, type Scope } from "./scope.ts";
import { aggregateKind } from "./total-functions.ts";

/** Tells whether what is not grouped has a row in any case: then its one group is not empty. */
export function hasCertainInput({ query, parent }: Scope, analysis: TreeAnalysis): boolean {
  if (query.groupClause.length > 0 || query.groupingSets.length > 0 || query.jointree === null) return false;
  // What WHERE proves is so of rows that pass it, of which there may be none.
  return itemRow(query.jointree, openScope(query, parent), analysis).holds;
}

/** Gives the rows that conditions show each group to have: `having count(x) > 0`, `case when max(x) > 3`. */
export function groupRows(scope: Scope, analysis: TreeAnalysis): readonly GroupRow[] {
  scope.memo.groupRows ??= readGroupRows(scope, analysis);
  return scope.memo.groupRows;
}

function readGroupRows(scope: Scope, analysis: TreeAnalysis): GroupRow[] {
  const { query, provenExpressions } = scope;
  if (provenExpressions.size === 0 || query.groupingSets.length > 0) return [];
  return ownNodes([query.targetList, query.havingQual]).flatMap((node) => {
    if (node.kind !== "Aggref" || node.agglevelsup > 0) return [];
    const key = shownBy(node, analysis);
    const because = key === null ? undefined : provenExpressions.get(key);
    return because ? [takenIn(node, because, scope, analysis)] : [];
  });
}

/** The key of the fact that shows an aggregate to have taken something in: a count is 0 of nothing, others are NULL. */
function shownBy(node: Aggref, { catalog }: TreeAnalysis): string | null {
  const fn = catalog.function(node.aggfnoid);
  const kind = fn === undefined ? "unknown" : aggregateKind(fn);
  if (kind === "unknown") return null;
  return kind === "count" ? countedKey(node, catalog) : expressionKey(node, catalog);
}

/** The row of a group that an aggregate has taken in, which has something to show for it. */
function takenIn(node: Aggref, because: Reason, scope: Scope, analysis: TreeAnalysis): GroupRow {
  const fn = analysis.catalog.function(node.aggfnoid);
  const rows = analysis.where(node.aggfilter, scope.everyRow ?? scope, "condition-filter");
  const [input] = node.args;
  // Those of rows, as array_agg, take NULL in as well.
  const isTaken = fn !== undefined && input !== undefined && aggregateKind(fn) !== "row";
  return {
    because,
    filter: node.aggfilter,
    scope: isTaken ? analysis.where(notNull(input.expr), rows, "condition-having") : rows,
  };
}

const notNull = (arg: Expression): NullTest => ({
  kind: "NullTest",
  arg,
  nulltesttype: "IS_NOT_NULL",
  argisrow: false,
  location: -1,
});
