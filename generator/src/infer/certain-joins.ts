import type { RawForeignKey } from "../postgres/catalog-objects.ts";
import type { JoinExpr } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { isTrue, itemRow } from "./certain-row.ts";
import { matchingForeignKey } from "./foreign-keys.ts";
import { conjuncts, presentSides } from "./present-rows.ts";
import { addPresent, type FromItem, relationsUnder, type Scope } from "./scope.ts";
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
        const foreignKey = keyAcross(node, own, other, scope, analysis);
        if (foreignKey) addPresent(scope, key, reason("foreign-key", foreignKey.name));
      }
    }
  }
}

/** The foreign key that makes sure of a row in `own` for each of the join, where ON asks for that row and nothing else. */
function keyAcross(
  join: JoinExpr,
  own: FromItem,
  other: FromItem,
  scope: Scope,
  analysis: TreeAnalysis,
): RawForeignKey | null {
  const match = matchingForeignKey(own, conjuncts(join.quals), scope, analysis);
  if (match === null) return null;
  const { varlevelsup, varno } = match.source;
  return varlevelsup > 0 || relationsUnder(other).has(varno) ? match.key : null;
}
