import type { RawColumn, RawRelation } from "../postgres/catalog-reader.ts";
import {
  asList,
  asName,
  asNode,
  asNodes,
  asNumber,
  type Node,
  type Value,
  withoutCoercion,
} from "../postgres/node-tree.ts";
import type { Nullability } from "./nullability.ts";
import { findCte, openScope, outputEntries, RTE, rteOf, type Scope, scopeOf } from "./scope.ts";

/** The table column behind a variable, through joins, subqueries, CTEs and grouping. `variable.varlevelsup` is ignored: `scope` is its level. */
export function originOf(
  variable: Node,
  scope: Scope,
  nullability: Nullability,
): { relation: RawRelation; column: RawColumn } | null {
  const rte = rteOf(scope, asNumber(variable.varno));
  const attno = asNumber(variable.varattno);
  if (!rte || attno <= 0) return null;
  const follow = (value: Value | undefined, at: Scope) => {
    const node = asNode(value);
    return node?.node === "VAR" && asNumber(node.varlevelsup) === 0 ? originOf(node, at, nullability) : null;
  };
  switch (asNumber(rte.rtekind)) {
    case RTE.relation: {
      const relation = nullability.catalog.relation(asNumber(rte.relid));
      const column = relation?.columns.get(attno);
      return relation && column ? { relation, column } : null;
    }
    case RTE.join:
      return follow(asNodes(rte.joinaliasvars)[attno - 1], scope);
    case RTE.group:
      return follow(asNodes(rte.groupexprs)[attno - 1], scope);
    case RTE.subquery: {
      const query = asNode(rte.subquery);
      if (!query || asNode(query.setOperations)) return null;
      return follow(outputEntries(query)[attno - 1]?.expr, openScope(query, scope));
    }
    case RTE.cte: {
      const found = findCte(scope, rte);
      const query = asNode(found?.cte.ctequery);
      if (!found || !query || asNode(query.setOperations)) return null;
      return follow(outputEntries(query)[attno - 1]?.expr, openScope(query, found.scope));
    }
    default:
      return null;
  }
}

/** An expression whose value a variable has, in the scope where it stands. */
export interface Definition {
  readonly expr: Node;
  readonly scope: Scope;
  /** The name that its author gave it; null where it has none. */
  readonly name: string | null;
}

/**
 * The expressions that a variable of this scope takes its values from, through subqueries, CTEs, VALUES and the arms of a
 * set operation; none for a column of a table.
 */
export function definitionsOf(variable: Node, scope: Scope): Definition[] {
  const found: Definition[] = [];
  const seen = new Set<Node>();
  const variableIn = (node: Node, at: Scope): void => {
    const owner = scopeOf(at, asNumber(node.varlevelsup));
    const rte = owner ? rteOf(owner, asNumber(node.varno)) : undefined;
    const column = asNumber(node.varattno) - 1;
    if (!owner || !rte || column < 0) return;
    switch (asNumber(rte.rtekind)) {
      case RTE.join:
        expression(asNodes(rte.joinaliasvars)[column], owner, null);
        return;
      case RTE.values:
        for (const row of asList(rte.values_lists)) expression(asNodes(row)[column], owner, null);
        return;
      case RTE.subquery:
        output(asNode(rte.subquery), owner, column);
        return;
      case RTE.cte: {
        const cte = findCte(owner, rte);
        if (cte !== null) output(asNode(cte.cte.ctequery), cte.scope, column);
      }
    }
  };
  const output = (query: Node | null, parent: Scope, column: number): void => {
    if (!query) return;
    const inner = openScope(query, parent);
    const arms = asNode(query.setOperations);
    const entry = outputEntries(query)[column];
    if (arms) arm(arms, inner, column);
    else if (entry) expression(asNode(entry.expr), inner, outputName(entry));
  };
  const arm = (node: Node, scope: Scope, column: number): void => {
    if (node.node === "RANGETBLREF") {
      output(asNode(rteOf(scope, asNumber(node.rtindex))?.subquery), scope, column);
      return;
    }
    for (const side of [node.larg, node.rarg]) if (asNode(side)) arm(asNode(side)!, scope, column);
  };
  const expression = (expr: Value | undefined, at: Scope, name: string | null): void => {
    const node = asNode(expr);
    // The recursive arm of a CTE reads the CTE itself.
    if (!node || seen.has(node)) return;
    seen.add(node);
    const bare = withoutCoercion(node);
    if (bare.node === "VAR") variableIn(bare, at);
    else found.push({ expr: node, scope: at, name });
  };
  variableIn(variable, scope);
  return found;
}

/** The name of an entry of a target list; null where PostgreSQL had none to give. */
export function outputName(entry: Node): string | null {
  const name = asName(entry.resname);
  return name === "" || name === "?column?" || entry.resjunk === true ? null : name;
}
