import { asList, asName, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { elementsAreNullable } from "./elements.ts";
import type { Nullability } from "./nullability.ts";
import { findCte, outputEntries, RTE, rteOf, type Scope } from "./scope.ts";
import { setColumnNotNull } from "./total-functions.ts";

/** Whether the column of a range-table entry can be NULL in a row that is there. */
export function columnIsNullable(
  scope: Scope,
  varno: number,
  attno: number,
  nullability: Nullability,
): boolean {
  const rte = rteOf(scope, varno);
  if (!rte) return true;
  // System columns and the whole row.
  if (attno <= 0) return false;
  switch (asNumber(rte.rtekind)) {
    case RTE.relation:
      return nullability.relationColumn(asNumber(rte.relid), attno);
    case RTE.subquery:
      return nullability.query(asNode(rte.subquery)!, scope)[attno - 1] !== false;
    case RTE.join: {
      const source = asNodes(rte.joinaliasvars)[attno - 1];
      return source ? nullability.expression(source, scope) : true;
    }
    case RTE.group: {
      const source = asNodes(rte.groupexprs)[attno - 1];
      return source ? nullability.expression(source, scope) : true;
    }
    case RTE.function:
      return functionColumn(rte, attno, scope, nullability);
    case RTE.values:
      return asList(rte.values_lists).some((row) => {
        const cell = asNodes(row)[attno - 1];
        return cell ? nullability.expression(cell, scope) : true;
      });
    case RTE.cte:
      return cteColumn(rte, attno, scope, nullability);
    default:
      return true;
  }
}

function cteColumn(rte: Node, attno: number, scope: Scope, nullability: Nullability): boolean {
  const found = findCte(scope, rte);
  if (!found) return true;
  const name = asName(found.cte.ctename);
  const query = asNode(found.cte.ctequery)!;
  const assumed = scope.recursion.get(name);
  // The self-reference of a recursive CTE; an inner CTE of the same name is found before it.
  if (rte.self_reference === true) return assumed ? assumed[attno - 1] !== false : true;
  const columns =
    found.cte.cterecursive === true
      ? recursive(name, query, found.scope, nullability)
      : nullability.query(query, found.scope);
  // SEARCH and CYCLE clauses add columns of their own behind the query's.
  if (attno <= columns.length) return columns[attno - 1] !== false;
  const cycle = asNode(found.cte.cycle_clause);
  return [cycle?.cycle_mark_value, cycle?.cycle_mark_default].some((v) => asNode(v)?.constisnull === true);
}

/** Least fixed point: nothing is nullable until some round shows that it is. */
function recursive(name: string, query: Node, scope: Scope, nullability: Nullability): boolean[] {
  let assumed: boolean[] = outputEntries(query).map(() => false);
  for (;;) {
    const next = nullability
      .query(query, scope, new Map([...scope.recursion, [name, assumed]]))
      .map((n, i) => n || assumed[i]!);
    if (next.every((n, i) => n === assumed[i])) return next;
    assumed = next;
  }
}

function functionColumn(rte: Node, attno: number, scope: Scope, nullability: Nullability): boolean {
  const functions = asNodes(rte.functions);
  const total = functions.reduce((n, f) => n + asNumber(f.funccolcount), 0);
  if (rte.funcordinality === true && attno === total + 1) return false;
  if (functions.length !== 1) return true;
  const expr = asNode(functions[0]!.funcexpr);
  if (!expr) return true;
  if (expr.node === "FUNCEXPR" && expr.funcretset === true)
    return setFunctionColumn(expr, attno - 1, scope, nullability);
  return total === 1 ? nullability.expression(expr, scope) : true;
}

/** A column, from 0 on, of what a set-returning function gives. */
export function setFunctionColumn(
  expr: Node,
  column: number,
  scope: Scope,
  nullability: Nullability,
): boolean {
  const fn = nullability.catalog.function(asNumber(expr.funcid));
  if (!fn) return true;
  const args = asNodes(expr.args);
  if (fn.name === "unnest" && fn.schema === "pg_catalog" && args.length === 1)
    return elementsAreNullable(args[0]!, scope, nullability);
  // A NULL argument gives no rows at all to the strict ones.
  return !(setColumnNotNull(fn, column) && fn.strict);
}
