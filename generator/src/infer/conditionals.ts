import type { Oid } from "../model/catalog.ts";
import type { Reason } from "../model/reason.ts";
import type { CaseExpr, CoalesceExpr, Expression, MinMaxExpr } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantBoolean, isEmptyArrayConstant, isNullConstant } from "./constants.ts";
import { isExhaustive } from "./exhaustive-case.ts";
import { NOTHING } from "./json-shapes.ts";
import type { Scope } from "./scope.ts";
import { either, notNull, nullable, type Parts, reason, Value } from "./value.ts";
import { coversFullJoin } from "./variables.ts";

export interface Branch {
  /** Null for NULL, written or for want of an ELSE. */
  readonly expr: Expression | null;
  /** The level as it is where the branch is reached. */
  readonly scope: Scope;
}

/** The results that a CASE can have. */
export function branchesOf(node: CaseExpr, scope: Scope, analysis: TreeAnalysis): readonly Branch[] {
  const branches: Branch[] = [];
  let rest = scope;
  for (const when of node.args) {
    const known = constantTruth(when.expr);
    if (known === false) continue;
    if (known) return [...branches, { expr: when.result, scope: rest }];
    branches.push({ expr: when.result, scope: analysis.where(when.expr, rest) });
    // A condition that is NULL goes on to the next WHEN too.
    if (!analysis.value(when.expr, rest).nullable) rest = analysis.whereNot(when.expr, rest);
  }
  // Without ELSE it is a NULL of the result's type.
  if (!isNullConstant(node.defresult)) branches.push({ expr: node.defresult, scope: rest });
  else if (!isExhaustive(node, scope, analysis)) branches.push({ expr: null, scope: rest });
  return branches;
}

/** Tells what a condition of constants comes to, where NULL is as good as false; null for any other. */
function constantTruth(expr: Expression): boolean | null {
  if (isNullConstant(expr)) return false;
  if (expr.kind !== "BoolExpr" || expr.boolop === "NOT_EXPR") return constantBoolean(expr);
  const known = expr.args.map(constantTruth);
  const decisive = expr.boolop === "OR_EXPR";
  return known.includes(decisive) ? decisive : known.includes(null) ? null : !decisive;
}

/** `'{}'` of an array's type. */
function isEmptyArray(expr: Expression, { catalog }: TreeAnalysis): boolean {
  return (
    expr.kind === "Const" && catalog.type(expr.consttype)?.kind === "array" && isEmptyArrayConstant(expr)
  );
}

export function caseExpression(node: CaseExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const branches = branchesOf(node, scope, analysis);
  const parts = common(branches, analysis);
  let telling: Reason | undefined;
  for (const { expr, scope: there } of branches) {
    if (!expr) return new Value(node.casetype, true, reason("no-else"), parts);
    const value = analysis.value(expr, there);
    if (value.nullable)
      return new Value(node.casetype, true, reason("branch", undefined, value.because), parts);
    if (value.because.code !== "literal") telling ??= value.because;
  }
  const code = isNullConstant(node.defresult) ? "every-case" : "every-branch";
  return new Value(node.casetype, false, reason(code, undefined, telling), parts);
}

/** COALESCE, and GREATEST and LEAST, which leave NULLs out. */
export function firstPresent(node: CoalesceExpr | MinMaxExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const type = node.kind === "CoalesceExpr" ? node.coalescetype : node.minmaxtype;
  const name = node.kind === "CoalesceExpr" ? "COALESCE" : node.op === "IS_GREATEST" ? "GREATEST" : "LEAST";
  const parts = common(
    node.args.map((expr) => ({ expr, scope })),
    analysis,
  );
  return unlessAllNull(type, node.args, name, scope, analysis).with(parts);
}

/** Gives what is NULL only where all that it is made of is. */
export function unlessAllNull(
  type: Oid,
  args: readonly Expression[],
  name: string,
  scope: Scope,
  analysis: TreeAnalysis,
): Value {
  for (const arg of args) {
    const value = analysis.value(arg, scope);
    if (!value.nullable) return new Value(type, false, reason("one-argument", name, value.because));
  }
  return coversFullJoin(args, scope, analysis)
    ? notNull(type, "both-sides")
    : nullable(type, "every-argument", name);
}

/** Gives what is known of the parts, whichever of the values it is. */
function common(branches: readonly Branch[], analysis: TreeAnalysis): Parts {
  const values = () =>
    branches.flatMap(({ expr, scope }) =>
      expr && !(expr.kind === "Const" && expr.constisnull) ? [analysis.value(expr, scope)] : [],
    );
  const merged = (): Value | null =>
    values().reduce<Value | null>(
      (found, value) => (found ? either(found, value) : value.withoutOrigin()),
      null,
    );
  // What has no elements says nothing of them.
  const filled = branches.filter(({ expr }) => !expr || !isEmptyArray(expr, analysis));
  if (filled.length > 0 && filled.length < branches.length) {
    const { elements, dimensions } = common(filled, analysis);
    return { ...(elements && { elements }), ...(dimensions && { dimensions }) };
  }
  return {
    elements: () => merged()?.elements ?? null,
    dimensions: () => merged()?.dimensions ?? null,
    attributes: () => merged()?.attributes ?? null,
    // Of NULLs alone there is nothing.
    shape: () =>
      branches.every(({ expr }) => !expr || isNullConstant(expr)) ? NOTHING : (merged()?.shape ?? null),
  };
}
