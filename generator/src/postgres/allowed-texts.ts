import type { Oid } from "../model/catalog.ts";
import { FIRST_NORMAL_OID } from "./normal-oid.ts";
import { constantInteger, constantText } from "./tree/constant-value.ts";
import type { Expression } from "./tree/node-types.ts";

/** What values are compared as. `char(n)` takes no notice of trailing spaces. */
export type ValueComparison = "text" | "char" | "integer";

/** texteq; bpchareq; int2eq, int24eq, int28eq, int4eq, int42eq, int48eq, int8eq, int82eq, int84eq. */
const EQUALS: Readonly<Record<ValueComparison, ReadonlySet<number>>> = {
  text: new Set([67]),
  char: new Set([1048]),
  integer: new Set([63, 158, 1850, 65, 159, 852, 467, 1856, 474]),
};

/** Tells whether a collation is the user's, under which texts that differ may be equal. */
export const isOwnCollation = (oid: Oid): boolean => oid >= FIRST_NORMAL_OID;

/** text, varchar, bpchar, unknown. */
export const TEXT_TYPES: ReadonlySet<number> = new Set([25, 1043, 1042, 705]);

/**
 * The texts, or integers as texts, that a CHECK leaves to its subject: `subject in ('a', 'b')`, `= any(array[…])`, `= 'a'`, one of these beside
 * other conditions, or with `subject is null or`. The subject has to be compared as it is stored: a cast that changes the
 * value lets in others. Null where it is anything else.
 */
export function allowedTexts(
  check: Expression,
  comparison: ValueComparison,
  isSubject: (expr: Expression) => boolean,
): readonly string[] | null {
  if (check.kind === "BoolExpr" && check.boolop !== "NOT_EXPR") {
    const found = check.args.map((part) => allowedTexts(part, comparison, isSubject));
    if (check.boolop === "AND_EXPR") return found.find((texts) => texts !== null) ?? null;
    const others = check.args.filter((part) => !isNullTest(part, isSubject));
    return others.length === 1 ? (found[check.args.indexOf(others[0]!)] ?? null) : null;
  }
  const isAny = check.kind === "ScalarArrayOpExpr" && check.useOr;
  if (!(check.kind === "ScalarArrayOpExpr" && isAny) && check.kind !== "OpExpr") return null;
  const [left, right] = check.args;
  if (!left || !right || !isSubject(asStored(left))) return null;
  if (!EQUALS[comparison].has(check.opfuncid) || isOwnCollation(check.inputcollid)) return null;
  const list = asStored(right);
  const constants = isAny ? (list.kind === "ArrayExpr" ? list.elements : []) : [list];
  const texts = constants.map(comparison === "integer" ? integerOf : textOf);
  return texts.length > 0 && texts.every((text) => text !== null) ? texts : null;
}

/** Tells whether it asks if the subject is NULL. */
export function isNullTest(expr: Expression, isSubject: (expr: Expression) => boolean): boolean {
  return expr.kind === "NullTest" && expr.nulltesttype === "IS_NULL" && isSubject(asStored(expr.arg));
}

/** Under another name of its type, and nothing more. Each item of an array of varchar is one of text as it stands. */
export function asStored(expr: Expression): Expression {
  if (expr.kind === "RelabelType" || expr.kind === "CoerceToDomain" || expr.kind === "CollateExpr")
    return asStored(expr.arg);
  return expr.kind === "ArrayCoerceExpr" && isRelabelled(expr.elemexpr) ? asStored(expr.arg) : expr;
}

function isRelabelled(expr: Expression): boolean {
  return expr.kind === "CaseTestExpr" || (expr.kind === "RelabelType" && isRelabelled(expr.arg));
}

/** An integer as it is written. */
function integerOf(expr: Expression): string | null {
  return expr.kind === "Const" ? (constantInteger(expr)?.toString() ?? null) : null;
}

/** A constant, under casts that make another constant of it only where it does not fit. */
function textOf(expr: Expression): string | null {
  const bare = asStored(expr);
  return bare.kind === "Const" && TEXT_TYPES.has(bare.consttype) ? constantText(bare) : null;
}
