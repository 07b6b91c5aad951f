import type {
  Expression,
  FunctionEntry,
  Query,
  RangeTblFunction,
  SetOperand,
  Var,
} from "../postgres/tree/node-types.ts";
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
  return sourcesOf(variable, scope).expressions;
}

/** A column of a function in FROM that gives several: of its own, the first is 0; null for all of them, as one row. */
export interface FunctionColumn {
  readonly called: RangeTblFunction;
  readonly column: number | null;
}

/** The columns of functions in FROM that a variable takes its values from, found in the same way. */
export function functionColumnsOf(variable: Var, scope: Scope): FunctionColumn[] {
  return sourcesOf(variable, scope).columns;
}

function sourcesOf(
  variable: Var,
  scope: Scope,
): { readonly expressions: Definition[]; readonly columns: FunctionColumn[] } {
  const found: Definition[] = [];
  const columns: FunctionColumn[] = [];
  const seen = new Set<Expression>();
  const variableIn = (node: Var, at: Scope): void => {
    const owner = scopeOf(at, node.varlevelsup);
    const rte = owner ? rteOf(owner, node.varno) : undefined;
    const column = node.varattno - 1;
    if (rte?.rtekind === "RTE_FUNCTION" && column === -1)
      columns.push(...rte.functions.map((called) => ({ called, column: null })));
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
        const source = calledFor(rte, column);
        if (source?.called.funccolcount === 1)
          found.push({ expr: source.called.funcexpr, scope: owner, name: null });
        if (source) columns.push(source);
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
  return { expressions: found, columns };
}

/** The function in FROM that gives the column: of `unnest` with several arrays, each gives one. */
function calledFor(rte: FunctionEntry, column: number): { called: RangeTblFunction; column: number } | null {
  let at = column;
  for (const called of rte.functions) {
    if (at < called.funccolcount) return { called, column: at };
    at -= called.funccolcount;
  }
  return null;
}
