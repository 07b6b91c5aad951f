import type { Reason } from "../model/reason.ts";
import type { Expression, Query, Var } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { equals } from "./equalities.ts";
import { returnedVariable } from "./returning.ts";
import { aliasName, type JoinSides, rteOf, type Scope, scopeOf, variableKey } from "./scope.ts";
import { nullable, reason, type Value } from "./value.ts";

/** An occurrence of a variable: its column, and what happens to the row on the way to that place. */
export function variable(node: Var, from: Scope, analysis: TreeAnalysis): Value {
  const scope = scopeOf(from, node.varlevelsup);
  if (!scope) return nullable(node.vartype, "unproven", "the column");
  const proof = scope.proven.get(variableKey(node));
  const returned = returnedVariable(node, scope, analysis);
  if (returned)
    return returned.nullable && proof && returned.because.code !== "rewritten-returning"
      ? returned.decidedBy(false, proof)
      : returned;
  const column = analysis.column(scope, node.varno, node.varattno).ofType(node.vartype);
  if (hidesGroupings(scope.query)) return column.decidedBy(true, reason("grouping-sets"));
  if (proof) return column.nullable ? column.decidedBy(false, proof) : column;
  const join = nulledBy(node, scope, analysis);
  if (join) return column.decidedBy(true, join);
  const found = column.nullable ? null : foundBy(node, scope, analysis);
  return found ? column.decidedBy(false, found) : column;
}

/** Says why the outer join that could make this occurrence NULL does not; null where there is none. */
function foundBy(node: Var, scope: Scope, analysis: TreeAnalysis): Reason | null {
  for (const rtindex of node.varnullingrels) {
    const join = scope.joins.get(rtindex);
    const proof = join && scope.present.get(`${rtindex}:${isLeftOf(node, join) ? "l" : "r"}`);
    if (!proof) continue;
    const rte = rteOf(scope, node.varno);
    const name = rte ? aliasName(rte) : "";
    return analysis.ofRelation(reason("row-found", joinName(join, name), proof), name);
  }
  return null;
}

/** Tells whether it is the left side of the join whose row may be missing for the variable. */
function isLeftOf(node: Var, join: JoinSides): boolean {
  return join.type === "JOIN_FULL" ? join.left.has(node.varno) : join.type === "JOIN_RIGHT";
}

function joinName({ type }: JoinSides, name: string): string {
  const kind = { JOIN_LEFT: "left", JOIN_RIGHT: "right", JOIN_FULL: "full" }[type as string] ?? "outer";
  return `${kind} join of ${name}`;
}

/** The outer join (or the grouping sets) that can make this occurrence NULL, whatever the column says; null where none can. */
function nulledBy(node: Var, scope: Scope, analysis: TreeAnalysis): Reason | null {
  for (const rtindex of node.varnullingrels) {
    const join = scope.joins.get(rtindex);
    if (!join) return analysis.located(reason("grouping-sets"), groupedBy(node, scope) ?? node);
    if (scope.present.has(`${rtindex}:${isLeftOf(node, join) ? "l" : "r"}`)) continue;
    const rte = rteOf(scope, node.varno);
    const name = rte ? aliasName(rte) : "";
    const because =
      join.type === "JOIN_FULL" ? reason("full-join", name) : reason("outer-join", joinName(join, name));
    return analysis.ofRelation(because, name);
  }
  return null;
}

/** Gives what stands in GROUP BY for a variable of the groups. */
function groupedBy({ varno, varattno }: Var, scope: Scope): Expression | undefined {
  const rte = rteOf(scope, varno);
  return rte?.rtekind === "RTE_GROUP" ? rte.groupexprs[varattno - 1] : undefined;
}

/** Before PostgreSQL 18 grouping sets leave no mark on the variables that they make NULL, proven before or not. */
function hidesGroupings(query: Query): boolean {
  return query.groupingSets.length > 0 && query.hasGroupRTE !== true;
}

/** Tells whether it is what grouping sets leave out of some groups: before PostgreSQL 18 the whole expression stands for its column. */
export function isGroupedAway(expr: Expression, { query }: Scope): boolean {
  return (
    hidesGroupings(query) &&
    query.groupClause.some(({ tleSortGroupRef }) =>
      query.targetList.some((entry) => entry.ressortgroupref === tleSortGroupRef && equals(entry.expr, expr)),
    )
  );
}

/** Tells whether an outer join can make this occurrence NULL although its column is not. */
export function isNulled(node: Var, scope: Scope, analysis: TreeAnalysis): boolean {
  return (
    hidesGroupings(scope.query) ||
    (!scope.proven.has(variableKey(node)) && nulledBy(node, scope, analysis) !== null)
  );
}

/** Tells whether one of the values is not NULL whichever side of some full join is there: one of the two always is. */
export function coversFullJoin(values: readonly Expression[], scope: Scope, analysis: TreeAnalysis): boolean {
  return [...scope.joins]
    .filter(([, join]) => join.type === "JOIN_FULL")
    .some(([rtindex]) =>
      ["l", "r"].every((side) => {
        const there = analysis.assuming(scope, `${rtindex}:${side}`);
        return values.some((value) => !analysis.value(value, there).nullable);
      }),
    );
}
