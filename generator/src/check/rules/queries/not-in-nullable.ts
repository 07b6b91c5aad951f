import { outputEntries, type Scope } from "../../../infer/scope.ts";
import { walkRaw } from "../../../postgres/raw-tree.ts";
import type { AnyNode, Query, SubLink } from "../../../postgres/tree/node-types.ts";
import { childrenOf } from "../../../postgres/tree/walk.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { queryRule } from "../rule.ts";

export const notInNullable = queryRule({
  code: "not-in-nullable",
  severity: "error",
  summary: "NOT IN with a subquery that may deliver NULL: one NULL, and no row is returned",
  why: "`x not in (select y …)` is never true once a single `y` is NULL: SQL cannot say that `x` differs from an unknown value. The query then returns nothing, silently.",
  mend: "Use `not exists (select … where y = x)`, or add `where y is not null` to the subquery. (A column that is `not null` is fine as it is.)",
  *check(checked) {
    if (!checked.tree) return;
    const locations = notInLocations(checked);
    const traps = [...findTraps(checked.tree, null, checked)];
    for (const [i] of traps.entries()) {
      yield {
        message: "NOT IN with a subquery that may deliver NULL returns no row as soon as it does",
        location: traps.length === locations.length ? locations[i] : locations[0],
      };
    }
  },
});

function* findTraps(query: Query, parent: Scope | null, checked: CheckedQuery): Iterable<SubLink> {
  const scope = checked.analysis.enter(query, parent);
  yield* within(query, scope, checked, false);
}

function* within(node: AnyNode, scope: Scope, checked: CheckedQuery, negated: boolean): Iterable<SubLink> {
  if (node.kind === "SubLink") {
    const isAsked = (node.subLinkType === "ANY_SUBLINK" && negated) || node.subLinkType === "ALL_SUBLINK";
    if (isAsked && (negated || isInequality(node, checked)) && deliversNull(node.subselect, scope, checked))
      yield node;
  }
  const isNot = node.kind === "BoolExpr" && node.boolop === "NOT_EXPR";
  for (const child of childrenOf(node)) {
    if (child.kind === "Query") yield* findTraps(child, scope, checked);
    else yield* within(child, scope, checked, isNot);
  }
}

/** `<> all (select …)` is NOT IN in other words. */
function isInequality({ testexpr }: SubLink, { catalog }: CheckedQuery): boolean {
  return testexpr?.kind === "OpExpr" && catalog.comparison(testexpr.opno) === "<>";
}

function deliversNull(subquery: Query, scope: Scope, { analysis }: CheckedQuery): boolean {
  // The elements of an array: nothing says that they are not NULL, and they hardly ever are.
  if (outputEntries(subquery).every(({ expr }) => expr.kind === "FuncExpr" && expr.funcretset)) return false;
  return analysis.outputs(subquery, scope).some((column) => column.nullable);
}

function notInLocations({ kind, raw }: CheckedQuery): number[] {
  const found: number[] = [];
  walkRaw({ [kind]: raw }, (inner, node) => {
    if (
      inner === "SubLink" &&
      (node.subLinkType === "ANY_SUBLINK" || node.subLinkType === "ALL_SUBLINK") &&
      node.testexpr
    )
      found.push(node.location ?? 0);
  });
  return found;
}
