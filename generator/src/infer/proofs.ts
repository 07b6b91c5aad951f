import type { ReasonCode } from "../model/reason.ts";
import type { Expression } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { markCertainJoins } from "./certain-joins.ts";
import { proveFromChecks } from "./checks.ts";
import { isExpressionKey } from "./expression-key.ts";
import { whenFalse, whenTrue } from "./predicates.ts";
import { presentSides } from "./present-rows.ts";
import { addPresent, emptyMemo, type FromItem, forget, rteOf, type Scope, variableKey } from "./scope.ts";
import { reason } from "./value.ts";

/**
 * Adds what predicates prove: the variables, parameters and expressions that are not NULL in every row that passes them,
 * and with that the sides of outer joins that are there.
 */
export function proveLevel(scope: Scope, analysis: TreeAnalysis): void {
  const { jointree, havingQual } = scope.query;
  if (!jointree && !havingQual) return;
  untilSettled(scope, () => {
    if (jointree) walkFrom(jointree, scope, analysis);
    if (havingQual) addFacts(scope, havingQual, "condition-having", true, analysis);
    proveFromChecks(scope, analysis);
    markCertainJoins(scope, analysis);
  });
}

/** The level for the rows in which a condition is true, or, of one that is never NULL, false. */
export function narrowed(
  scope: Scope,
  condition: Expression,
  outcome: boolean,
  code: ReasonCode,
  analysis: TreeAnalysis,
): Scope {
  const narrow: Scope = {
    ...scope,
    proven: new Map(scope.proven),
    provenExpressions: new Map(scope.provenExpressions),
    present: new Map(scope.present),
    everyRow: scope.everyRow ?? scope,
    memo: emptyMemo(),
  };
  untilSettled(narrow, () => {
    addFacts(narrow, condition, code, outcome, analysis);
    proveFromChecks(narrow, analysis, outcome ? [condition] : []);
  });
  return narrow;
}

/** Facts lead to facts, until a round finds nothing. What was worked out with fewer of them is forgotten. */
function untilSettled(scope: Scope, prove: () => void): void {
  for (;;) {
    const before = factsOf(scope);
    prove();
    markPresentSides(scope);
    if (factsOf(scope) === before) return;
    forget(scope.memo);
  }
}

function factsOf({ proven, provenExpressions, present }: Scope): string {
  return [proven.size, provenExpressions.size, present.size].join();
}

function walkFrom(item: FromItem, scope: Scope, analysis: TreeAnalysis): void {
  if (item.kind === "FromExpr") {
    if (item.quals) addFacts(scope, item.quals, "condition-where", true, analysis);
    for (const child of item.fromlist) walkFrom(child, scope, analysis);
    return;
  }
  if (item.kind !== "JoinExpr") return;
  const [left, right] = presentSides(item.jointype, item.rtindex, scope);
  if (left) walkFrom(item.larg, scope, analysis);
  if (right) walkFrom(item.rarg, scope, analysis);
  if (left && right && item.quals) addFacts(scope, item.quals, "condition-on", true, analysis);
}

/** Adds what follows from each conjunct, with its place as the reason. */
function addFacts(
  scope: Scope,
  condition: Expression,
  code: ReasonCode,
  outcome: boolean,
  analysis: TreeAnalysis,
): void {
  const parts =
    outcome && condition.kind === "BoolExpr" && condition.boolop === "AND_EXPR"
      ? condition.args
      : [condition];
  for (const part of parts) {
    const facts = outcome ? whenTrue(part, scope, analysis) : whenFalse(part, scope, analysis);
    if (facts.size === 0) continue;
    const because = analysis.located(reason(code), part);
    for (const key of facts) {
      const known = isExpressionKey(key) ? scope.provenExpressions : scope.proven;
      if (!known.has(key)) known.set(key, because);
    }
  }
}

/** A variable that is not NULL shows that the side of the outer join it comes from is there. */
function markPresentSides(scope: Scope): void {
  if (scope.query.commandType === "CMD_MERGE") return;
  for (const [key, because] of scope.proven) {
    for (const varno of underlying(scope, key)) {
      for (const [rtindex, join] of scope.joins) {
        if (join.left.has(varno)) addPresent(scope, `${rtindex}:l`, because);
        if (join.right.has(varno)) addPresent(scope, `${rtindex}:r`, because);
      }
    }
  }
}

/** The base entries that a proven variable shows to be present; a join's column is followed to its side. */
function underlying(scope: Scope, key: string): number[] {
  const match = /^(\d+)\.(-?\d+)\./.exec(key);
  if (!match) return [];
  const varno = Number(match[1]);
  const rte = rteOf(scope, varno);
  if (!rte) return [];
  if (rte.rtekind !== "RTE_JOIN" && rte.rtekind !== "RTE_GROUP") return [varno];
  const source = (rte.rtekind === "RTE_JOIN" ? rte.joinaliasvars : rte.groupexprs)[Number(match[2]) - 1];
  return source?.kind === "Var" && source.varlevelsup === 0 ? underlying(scope, variableKey(source)) : [];
}
