import type { Expression, Query, RangeTblEntry, SetOperand } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantBoolean, constantInteger, isNullConstant } from "./constants.ts";
import { type FromItem, findCte, openScope, rteOf, type Scope } from "./scope.ts";

/** Whether the query delivers at least one row, whatever the tables hold. `parent` is the level around it. */
export function deliversARow(query: Query, parent: Scope | null, analysis: TreeAnalysis): boolean {
  if (
    !isPositiveLimit(query.limitCount) ||
    (query.limitOffset && constantInteger(withoutImplicitCast(query.limitOffset)) !== 0n)
  )
    return false;
  const scope = openScope(query, parent);
  if (query.commandType === "CMD_INSERT") return insertsARow(scope, analysis);
  if (query.commandType !== "CMD_SELECT" || query.havingQual || query.hasTargetSRFs) return false;
  if (query.setOperations) return armDeliversARow(query.setOperations, scope, analysis);
  // An aggregate without GROUP BY makes one row of none.
  if (query.groupClause.length === 0 && query.groupingSets.length === 0 && query.hasAggs) return true;
  return query.jointree !== null && itemDeliversARow(query.jointree, scope, analysis);
}

function armDeliversARow(node: SetOperand, scope: Scope, analysis: TreeAnalysis): boolean {
  if (node.kind === "RangeTblRef") {
    const rte = rteOf(scope, node.rtindex);
    return rte !== undefined && entryDeliversARow(rte, scope, analysis);
  }
  if (node.op !== "SETOP_UNION") return false;
  return [node.larg, node.rarg].some((arm) => armDeliversARow(arm, scope, analysis));
}

/** An INSERT stores and returns each row of its source, unless something may swallow it. */
function insertsARow(scope: Scope, analysis: TreeAnalysis): boolean {
  const { query } = scope;
  const rte = rteOf(scope, query.resultRelation);
  const relation = rte?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
  if (!relation || relation.kind === "view" || relation.kind === "foreign table" || relation.hasRules)
    return false;
  if (query.onConflict?.action === "ONCONFLICT_NOTHING" || query.onConflict?.onConflictWhere) return false;
  const events = query.onConflict ? ["insert", "update"] : ["insert"];
  if (
    relation.triggers.some(
      (trigger) => trigger.mayDropRow && trigger.events.some((event) => events.includes(event)),
    )
  )
    return false;
  return query.jointree !== null && itemDeliversARow(query.jointree, scope, analysis);
}

/** Whether the join of all that stands in it has a row. */
export function itemDeliversARow(item: FromItem, scope: Scope, analysis: TreeAnalysis): boolean {
  switch (item.kind) {
    case "RangeTblRef": {
      const rte = rteOf(scope, item.rtindex);
      return rte !== undefined && entryDeliversARow(rte, scope, analysis);
    }
    case "FromExpr":
      return isTrue(item.quals) && item.fromlist.every((child) => itemDeliversARow(child, scope, analysis));
    case "JoinExpr": {
      const left = () => itemDeliversARow(item.larg, scope, analysis);
      const right = () => itemDeliversARow(item.rarg, scope, analysis);
      if (item.jointype === "JOIN_LEFT") return left();
      if (item.jointype === "JOIN_RIGHT") return right();
      if (item.jointype === "JOIN_FULL") return left() || right();
      return item.jointype === "JOIN_INNER" && isTrue(item.quals) && left() && right();
    }
  }
}

function entryDeliversARow(rte: RangeTblEntry, scope: Scope, analysis: TreeAnalysis): boolean {
  switch (rte.rtekind) {
    case "RTE_VALUES":
    case "RTE_RESULT":
      return true;
    case "RTE_SUBQUERY":
      return deliversARow(rte.subquery, scope, analysis);
    case "RTE_CTE": {
      const found = rte.self_reference ? null : findCte(scope, rte);
      return found !== null && deliversARow(found.cte.ctequery, found.scope, analysis);
    }
    case "RTE_FUNCTION":
      // One that returns no set gives exactly one row.
      return rte.functions.some(({ funcexpr }) => !(funcexpr.kind === "FuncExpr" && funcexpr.funcretset));
    default:
      return false;
  }
}

export function isTrue(condition: Expression | null): boolean {
  return condition === null || constantBoolean(condition) === true;
}

/** No LIMIT, or a constant one above zero. */
function isPositiveLimit(limit: Expression | null): boolean {
  if (limit === null) return true;
  const constant = withoutImplicitCast(limit);
  // LIMIT NULL is no limit. Any function of a constant may be zero, and so may a fraction, rounded.
  return isNullConstant(constant) || (constantInteger(constant) ?? 0n) > 0n;
}

/** How LIMIT makes a bigint of an integer. */
export function withoutImplicitCast(expr: Expression): Expression {
  const [arg] = expr.kind === "FuncExpr" && expr.funcformat === "COERCE_IMPLICIT_CAST" ? expr.args : [];
  return arg ?? expr;
}
