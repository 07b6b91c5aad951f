import type { Expression, FunctionEntry, Query, SetOperand, Var } from "../postgres/tree/node-types.ts";
import { withoutCasts } from "./operators.ts";
import { findCte, openScope, outputEntries, outputName, rteOf, type Scope, scopeOf } from "./scope.ts";

/** An expression whose value a variable has, in the scope where it stands. */
export interface Definition {
  readonly expr: Expression;
  readonly scope: Scope;
  /** The name that its author gave it; null where it has none. */
  readonly name: string | null;
}

/**
 * The expressions that a variable of this scope takes its values from, through subqueries, CTEs, VALUES and the arms of a
 * set operation; none for a column of a table.
 */
export function definitionsOf(variable: Var, scope: Scope): Definition[] {
  const found: Definition[] = [];
  const seen = new Set<Expression>();
  const variableIn = (node: Var, at: Scope): void => {
    const owner = scopeOf(at, node.varlevelsup);
    const rte = owner ? rteOf(owner, node.varno) : undefined;
    const column = node.varattno - 1;
    if (!owner || !rte || column < 0) return;
    switch (rte.rtekind) {
      case "RTE_JOIN":
        expression(rte.joinaliasvars[column], owner, null);
        return;
      case "RTE_GROUP":
        expression(rte.groupexprs[column], owner, null);
        return;
      case "RTE_VALUES":
        for (const row of rte.values_lists) expression(row[column], owner, null);
        return;
      case "RTE_FUNCTION": {
        const call = calledFor(rte, column);
        if (call) found.push({ expr: call, scope: owner, name: null });
        return;
      }
      case "RTE_SUBQUERY":
        output(rte.subquery, owner, column);
        return;
      case "RTE_CTE": {
        const cte = findCte(owner, rte);
        if (cte !== null) output(cte.cte.ctequery, cte.scope, column);
      }
    }
  };
  const output = (query: Query, parent: Scope, column: number): void => {
    const inner = openScope(query, parent);
    const entry = outputEntries(query)[column];
    if (query.setOperations) arm(query.setOperations, inner, column);
    else if (entry) expression(entry.expr, inner, outputName(entry));
  };
  const arm = (node: SetOperand, scope: Scope, column: number): void => {
    if (node.kind === "RangeTblRef") {
      const rte = rteOf(scope, node.rtindex);
      if (rte?.rtekind === "RTE_SUBQUERY") output(rte.subquery, scope, column);
      return;
    }
    for (const side of [node.larg, node.rarg]) arm(side, scope, column);
  };
  const expression = (expr: Expression | null | undefined, at: Scope, name: string | null): void => {
    // The recursive arm of a CTE reads the CTE itself.
    if (!expr || seen.has(expr)) return;
    seen.add(expr);
    const bare = withoutCasts(expr);
    if (bare.kind === "Var") variableIn(bare, at);
    else found.push({ expr, scope: at, name });
  };
  variableIn(variable, scope);
  return found;
}

/** The function in FROM that gives the column: of `unnest` with several arrays, each gives one. */
function calledFor(rte: FunctionEntry, column: number): Expression | null {
  let at = column;
  for (const { funcexpr, funccolcount } of rte.functions) {
    if (at < funccolcount) return funccolcount === 1 ? funcexpr : null;
    at -= funccolcount;
  }
  return null;
}
