import type { Expression } from "../postgres/tree/node-types.ts";
import type { FromItem, Scope } from "./scope.ts";

/** Tells whether each row that the level delivers has a row of the relation in it: no outer join may have found none. */
export function isPresent(varno: number, scope: Scope): boolean {
  return [...scope.joins].every(([rtindex, { type, left, right }]) => {
    const [hasLeft, hasRight] = presentSides(type, rtindex, scope);
    return (hasLeft || !left.has(varno)) && (hasRight || !right.has(varno));
  });
}

/** Gives what is true in every row that the level delivers: the conjuncts of WHERE, and of ON where both sides are there. */
export function conditionsOf(scope: Scope): Expression[] {
  const { jointree } = scope.query;
  return jointree ? conditionsUnder(jointree, scope) : [];
}

function conditionsUnder(item: FromItem, scope: Scope): Expression[] {
  switch (item.kind) {
    case "RangeTblRef":
      return [];
    case "FromExpr":
      return [...conjuncts(item.quals), ...item.fromlist.flatMap((child) => conditionsUnder(child, scope))];
    case "JoinExpr": {
      const [left, right] = presentSides(item.jointype, item.rtindex, scope);
      return [
        ...(left && right ? conjuncts(item.quals) : []),
        ...(left ? conditionsUnder(item.larg, scope) : []),
        ...(right ? conditionsUnder(item.rarg, scope) : []),
      ];
    }
  }
}

/** Tells whether the left and the right side of a join have a row in every row of it. */
export function presentSides(jointype: string, rtindex: number, scope: Scope): readonly [boolean, boolean] {
  return [
    jointype === "JOIN_INNER" || jointype === "JOIN_LEFT" || scope.present.has(`${rtindex}:l`),
    jointype === "JOIN_INNER" || jointype === "JOIN_RIGHT" || scope.present.has(`${rtindex}:r`),
  ];
}

export function conjuncts(condition: Expression | null): readonly Expression[] {
  if (!condition) return [];
  return condition.kind === "BoolExpr" && condition.boolop === "AND_EXPR"
    ? condition.args.flatMap(conjuncts)
    : [condition];
}
