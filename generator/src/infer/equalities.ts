import type { Oid } from "../model/catalog.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Expression } from "../postgres/tree/node-types.ts";
import { haveOneEquality } from "./constants.ts";
import { typeOf } from "./expression-type.ts";

export interface Side {
  /** Without casts that keep the value as it is, and what is equal to it. */
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
    return a && b ? [sideOf(a, condition, catalog), sideOf(b, condition, catalog)] : null;
  }
  const distinct =
    condition.kind === "BoolExpr" && condition.boolop === "NOT_EXPR" ? condition.args[0] : null;
  if (distinct?.kind === "DistinctExpr") {
    const [a, b] = distinct.args;
    return a && b
      ? [
          { ...sideOf(a, distinct, catalog), orNull: true },
          { ...sideOf(b, distinct, catalog), orNull: true },
        ]
      : null;
  }
  // `x = any (array[one])` and `x in (one)`; with one item `all` is the same.
  if (condition.kind === "ScalarArrayOpExpr") {
    const [a, list] = condition.args;
    // The one item of a matrix is an array, of several perhaps.
    const elements = list?.kind === "ArrayExpr" && !list.multidims ? list.elements : [];
    if (a && elements.length === 1 && isEquality(condition.opno))
      return [sideOf(a, condition, catalog), sideOf(elements[0]!, condition, catalog)];
  }
  return null;
}

function sideOf(
  expr: Expression,
  { inputcollid }: { readonly inputcollid: Oid },
  catalog: CatalogReader,
): Side {
  return { expr: asCompared(expr, catalog), collation: inputcollid };
}

/** The expression under casts that change neither its value nor what is equal to it, as `text::citext` would. */
export function asCompared(expr: Expression, catalog: CatalogReader): Expression {
  if (expr.kind === "CollateExpr") return asCompared(expr.arg, catalog);
  return expr.kind === "RelabelType" && haveOneEquality(typeOf(expr.arg), expr.resulttype, catalog)
    ? asCompared(expr.arg, catalog)
    : expr;
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
 * Tells whether two expressions are the same, but for what the tree calls the types of values that it leaves as they are.
 * @param rt where given, the other is of an index, whose columns are of relation 1: there they are of this one
 */
export function equals(one: unknown, other: unknown, rt?: number): boolean {
  const [a, b] = [underRelabels(one), underRelabels(other)];
  if (!isTree(a) || !isTree(b)) return a === b;
  const parts = Object.entries(a);
  return (
    parts.length === Object.keys(b).length &&
    parts.every(([field, value]) => {
      if (INCIDENTAL.has(field)) return true;
      if (field === "varno" && rt !== undefined) return value === rt;
      return equals(value, b[field], rt);
    })
  );
}

/** A node, or a list of them. */
type Tree = { readonly kind?: string } & Readonly<Record<string, unknown>>;

function underRelabels(part: unknown): unknown {
  return isTree(part) && part.kind === "RelabelType" ? underRelabels(part.arg) : part;
}

function isTree(part: unknown): part is Tree {
  return typeof part === "object" && part !== null;
}
