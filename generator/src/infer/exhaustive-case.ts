import type { CaseExpr, Expression } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { BOOL, constantBoolean, constantInteger, constantText } from "./constants.ts";
import { expressionKey } from "./expression-key.ts";
import { typeOf } from "./expression-type.ts";
import { isEquality, withoutRelabel } from "./operators.ts";
import type { Scope } from "./scope.ts";

/** Tells whether some WHEN of a CASE without ELSE always applies: each value that its subject can have is compared with. */
export function isExhaustive(node: CaseExpr, scope: Scope, analysis: TreeAnalysis): boolean {
  const tests = node.args.map((when) => comparedConstant(when.expr, analysis));
  let subject: Expression | null = node.arg;
  const constants: Expression[] = [];
  for (const [i, test] of tests.entries()) {
    if (!test) return booleanPair(node, scope, analysis);
    if (!node.arg) {
      if (i === 0) subject = test.subject;
      else if (!subject || !isSame(subject, test.subject, analysis)) return false;
    }
    constants.push(test.constant);
  }
  if (!subject || analysis.value(subject, scope).nullable) return false;
  return meetsAll(subject, constants, scope, analysis) || booleanPair(node, scope, analysis);
}

interface Comparison {
  readonly subject: Expression;
  readonly constant: Expression;
}

/** `x = 'a'`; in the short form of CASE the subject stands as a placeholder. */
function comparedConstant(expr: Expression, analysis: TreeAnalysis): Comparison | null {
  if (expr.kind !== "OpExpr" || !isEquality(expr, analysis.catalog)) return null;
  const [left, right] = expr.args.map(withoutRelabel);
  if (!left || !right) return null;
  if (right.kind === "Const" && !right.constisnull) return { subject: left, constant: right };
  return left.kind === "Const" && !left.constisnull ? { subject: right, constant: left } : null;
}

/** `case when c then … when not c then … end` of a condition that is never NULL. */
function booleanPair(node: CaseExpr, scope: Scope, analysis: TreeAnalysis): boolean {
  const conditions = node.args.map((when) => when.expr);
  return conditions.some((condition) => {
    if (analysis.value(condition, scope).nullable) return false;
    return conditions.some((other) => isNegation(other, condition, analysis));
  });
}

/** lseg, box, circle: of a size that is no number neither `<` nor `>=` holds. */
const BY_SIZE: ReadonlySet<number> = new Set([601, 603, 718]);

function isNegation(expr: Expression, of: Expression, analysis: TreeAnalysis): boolean {
  if (expr.kind === "BoolExpr" && expr.boolop === "NOT_EXPR")
    return expr.args[0] !== undefined && isSame(expr.args[0], of, analysis);
  if (expr.kind === "NullTest" && of.kind === "NullTest") {
    return expr.nulltesttype !== of.nulltesttype && !expr.argisrow && isSame(expr.arg, of.arg, analysis);
  }
  // n = 1 and n <> 1: operators that PostgreSQL's catalog calls each other's negators.
  if (expr.kind !== "OpExpr" || of.kind !== "OpExpr" || analysis.catalog.negator(expr.opno) !== of.opno)
    return false;
  if (expr.args[0] && BY_SIZE.has(typeOf(expr.args[0]))) return false;
  return expr.args.every((arg, i) => isSame(arg, of.args[i]!, analysis));
}

function isSame(a: Expression, b: Expression, { catalog }: TreeAnalysis): boolean {
  const key = expressionKey(a, catalog);
  return key !== null && key === expressionKey(b, catalog);
}

/** Tells whether the constants are all values that the subject can have: an enum's labels, a CHECK's texts, true and false. */
function meetsAll(
  subject: Expression,
  constants: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): boolean {
  const bare = withoutRelabel(subject);
  const type = analysis.catalog.type(typeOf(bare));
  // A label's constant is the oid that it alone has.
  if (type?.kind === "enum")
    return (
      new Set(constants.map((constant) => (constant.kind === "Const" ? constant.constvalue : null))).size ===
      type.labels.length
    );
  if (type?.oid === BOOL) return new Set(constants.map(constantBoolean)).size === 2;
  const { origin } = analysis.value(bare, scope);
  const texts = origin ? analysis.facts.allowedTexts(origin.relation, origin.column.number) : null;
  const met = new Set(constants.map((one) => constantText(one) ?? constantInteger(one)?.toString()));
  return texts?.every((text) => met.has(text)) ?? false;
}
