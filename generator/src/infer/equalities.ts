import type { Oid } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { AnyNode, Expression } from "../postgres/tree/node-types.ts";

export interface Side {
  /** Without casts that keep the value as it is. */
  readonly expr: Expression;
  /** By IS NOT DISTINCT FROM, which finds NULL too. */
  readonly orNull?: boolean;
  /** The collation by which they are compared; 0 where they have none. */
  readonly collation: Oid;
}

/** Gives what `a = b` compares, or null for any other condition. */
export function equalitySides(condition: Expression, catalog: CatalogReader): readonly [Side, Side] | null {
  const isEquality = (operator: number) => catalog.comparison(operator) === "=";
  if (condition.kind === "OpExpr" && isEquality(condition.opno)) {
    const [a, b] = condition.args;
    return a && b ? [sideOf(a, condition), sideOf(b, condition)] : null;
  }
  const distinct =
    condition.kind === "BoolExpr" && condition.boolop === "NOT_EXPR" ? condition.args[0] : null;
  if (distinct?.kind === "DistinctExpr") {
    const [a, b] = distinct.args;
    return a && b
      ? [
          { ...sideOf(a, distinct), orNull: true },
          { ...sideOf(b, distinct), orNull: true },
        ]
      : null;
  }
  // `x = any (array[one])` and `x in (one)`.
  if (condition.kind === "ScalarArrayOpExpr" && condition.useOr) {
    const [a, list] = condition.args;
    const elements = list?.kind === "ArrayExpr" ? list.elements : [];
    if (a && elements.length === 1 && isEquality(condition.opno))
      return [sideOf(a, condition), { expr: elements[0]!, collation: condition.inputcollid }];
  }
  return null;
}

function sideOf(expr: Expression, { inputcollid }: { readonly inputcollid: Oid }): Side {
  return { expr: withoutRelabel(expr), collation: inputcollid };
}

function withoutRelabel(expr: Expression): Expression {
  return expr.kind === "RelabelType" || expr.kind === "CollateExpr" ? withoutRelabel(expr.arg) : expr;
}

/** Fields that say where a node stands or how it was written, not what it means. */
const INCIDENTAL = new Set([
  "location",
  "funcformat",
  "coerceformat",
  "relabelformat",
  "varnosyn",
  "varattnosyn",
  "varnullingrels",
  "varreturningtype",
  "inputcollid",
  "consttypmod",
  "vartypmod",
  "resulttypmod",
  "list_start",
  "list_end",
]);

/**
 * Tells whether two expressions are the same.
 * @param rt where given, `b` is of an index, whose columns are of relation 1: there they are of this one
 */
export function equals(a: unknown, b: unknown, rt?: number): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => equals(item, b[i], rt))
    );
  }
  const left = a as AnyNode;
  const right = b as AnyNode;
  if (left.kind === "RelabelType" && right.kind !== "RelabelType") return equals(left.arg, right, rt);
  if (right.kind === "RelabelType" && left.kind !== "RelabelType") return equals(left, right.arg, rt);
  if (left.kind !== right.kind) return false;
  return Object.entries(left).every(([field, value]) => {
    if (INCIDENTAL.has(field)) return true;
    if (field === "varno" && rt !== undefined) return value === rt;
    return equals(value, (right as unknown as Record<string, unknown>)[field], rt);
  });
}
