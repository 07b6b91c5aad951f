import { outputEntries, type Scope } from "../../../infer/scope.ts";
import { asNode, asNodes, asNumber, type Node } from "../../../postgres/node-tree.ts";
import { walkRaw } from "../../../postgres/raw-tree.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { queryRule } from "../rule.ts";

const ALL_SUBLINK = 1;
const ANY_SUBLINK = 2;

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

function* findTraps(query: Node, parent: Scope | null, checked: CheckedQuery): Iterable<Node> {
  const scope = checked.nullability.enter(query, parent);
  yield* within(query, scope, checked, false);
}

function* within(node: Node, scope: Scope, checked: CheckedQuery, negated: boolean): Iterable<Node> {
  const isTrap =
    node.node === "SUBLINK" &&
    ((asNumber(node.subLinkType) === ANY_SUBLINK && negated) || asNumber(node.subLinkType) === ALL_SUBLINK) &&
    (negated || isInequality(node, checked)) &&
    deliversNull(asNode(node.subselect)!, scope, checked);
  if (isTrap) yield node;
  const isNot = node.node === "BOOLEXPR" && node.boolop === "not";
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? asNodes(value) : [asNode(value)]) {
      if (!child || typeof child !== "object" || Array.isArray(child)) continue;
      if (child.node === "QUERY") yield* findTraps(child, scope, checked);
      else yield* within(child, scope, checked, isNot);
    }
  }
}

/** `<> all (select …)` is NOT IN in other words. */
function isInequality({ testexpr }: Node, { catalog }: CheckedQuery): boolean {
  const test = asNode(testexpr);
  if (test?.node !== "OPEXPR") return false;
  const name = catalog.function(asNumber(test.opfuncid))?.name ?? "";
  return /ne$|_ne$|neq$/.test(name);
}

function deliversNull(subquery: Node, scope: Scope, { nullability }: CheckedQuery): boolean {
  // The elements of an array: nothing says that they are not NULL, and they hardly ever are.
  if (outputEntries(subquery).every((entry) => asNode(entry.expr)?.funcretset === true)) return false;
  return nullability.query(subquery, scope).some(Boolean);
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
