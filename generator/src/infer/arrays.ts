import type {
  ArrayCoerceExpr,
  ArrayExpr,
  Const,
  Expression,
  FuncExpr,
  SubscriptingRef,
} from "../postgres/tree/node-types.ts";
import { ownNodes } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { arrayConstantDimensions, arrayConstantHasNulls, isNullConstant, JSONB } from "./constants.ts";
import { toArgument } from "./expression-type.ts";
import type { Scope } from "./scope.ts";
import { isTotal } from "./total-functions.ts";
import { either, notNull, nullable, type Parts, reason, Value } from "./value.ts";

/** `array[…]`: the items of a matrix are arrays themselves, of which none can be NULL. */
export function arrayExpression(node: ArrayExpr, scope: Scope, analysis: TreeAnalysis): Value {
  return notNull(node.array_typeid, "never-null", "ARRAY[…]", {
    elements: () => {
      let found: Value | null = null;
      for (const item of node.elements) {
        const value = analysis.value(item, scope);
        const element = node.multidims ? value.elements : value.withoutOrigin();
        if (!element) return null;
        found = found ? either(found, element) : element;
      }
      return found ?? notNull(node.element_typeid, "no-null-element");
    },
    // A stored array is taken to have one, as its type is written in TypeScript.
    dimensions: () => {
      if (!node.multidims) return 1;
      const inner = new Set(node.elements.map((item) => analysis.value(item, scope).dimensions));
      const [only] = inner;
      return inner.size === 1 && only !== undefined ? (only ?? 1) + 1 : null;
    },
  });
}

export function arrayConstantParts(node: Const, elementType: number): Parts {
  return {
    elements: () => (arrayConstantHasNulls(node) ? null : notNull(elementType, "no-null-element")),
    dimensions: () => arrayConstantDimensions(node),
  };
}

/** A cast of each element. */
export function arrayCoercion(node: ArrayCoerceExpr, scope: Scope, analysis: TreeAnalysis): Value {
  const value = analysis.value(node.arg, scope);
  const total = isTotalCast(node.elemexpr, analysis);
  return new Value(node.resulttype, value.nullable, value.because, {
    elements: () =>
      total && value.elements ? new Value(0, value.elements.nullable, value.elements.because) : null,
    dimensions: () => value.dimensions,
  });
}

/** Tells whether the cast of an element gives NULL for NULL only: each function in it does. */
function isTotalCast(expr: Expression, { catalog }: TreeAnalysis): boolean {
  return ownNodes(expr).every((node) => {
    if (node.kind !== "FuncExpr") return true;
    const fn = catalog.function(node.funcid);
    return fn !== undefined && isTotal(fn, node.args.map(toArgument));
  });
}

/** Built-in functions that make arrays without NULLs, of one dimension. */
const WITHOUT_NULLS = new Set([
  "regexp_split_to_array",
  "current_schemas",
  "array_positions",
  "enum_range",
  "parse_ident",
  "tsvector_to_array",
]);

/** Gives what is known of the array that a built-in function makes. */
export function arrayFunctionParts(
  node: FuncExpr,
  name: string,
  scope: Scope,
  analysis: TreeAnalysis,
): Parts {
  const [first, second] = node.args;
  if (WITHOUT_NULLS.has(name) || (name === "string_to_array" && node.args.length === 2))
    return { elements: () => notNull(0, "no-null-element"), dimensions: () => 1 };
  if (name === "array_cat") return { dimensions: () => concatenatedDimensions(node.args, scope, analysis) };
  if (name !== "array_remove" || !first || !second) return {};
  const array = () => analysis.value(first, scope);
  return {
    elements: () =>
      isNullConstant(second)
        ? (array().elements?.decidedBy(false, reason("no-null-element")) ?? notNull(0, "no-null-element"))
        : array().elements,
    dimensions: () => 1,
  };
}

/** Of `a || b`: an array goes into a matrix as a row of it. Null where a NULL beside it might leave the one or the other. */
export function concatenatedDimensions(
  args: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): number | null {
  const arrays = args.filter((arg) => !isNullConstant(arg)).map((arg) => analysis.value(arg, scope));
  const most = Math.max(...arrays.map(({ dimensions }) => dimensions ?? 1));
  const isOf = (n: number): boolean => arrays.every(({ dimensions }) => dimensions === n);
  if (most === 1) return isOf(1) ? 1 : null;
  return isOf(most) || arrays.every((array) => !array.nullable) ? most : null;
}

/** `a[i]`, `a[i:j]`, and what an assignment to one makes. */
export function subscript(node: SubscriptingRef, scope: Scope, analysis: TreeAnalysis): Value {
  const container = analysis.value(node.refexpr, scope);
  if (node.refassgnexpr) {
    // Of NULL it makes an array of what is assigned, but nothing of a type of fixed length, as `point` is.
    const grows =
      node.refcontainertype === JSONB || analysis.catalog.type(node.refcontainertype)?.kind === "array";
    return grows
      ? notNull(node.refrestype, "assigned-element")
      : new Value(node.refrestype, container.nullable, container.because);
  }
  const bounds = [...node.refupperindexpr, ...node.reflowerindexpr].filter((bound) => bound !== null);
  // A single element may lie outside of the array; a slice outside of it is an empty array.
  if (node.reflowerindexpr.length === 0)
    return container.elements
      ? container.elements.withoutOrigin().ofType(node.refrestype).decidedBy(true, reason("subscript"))
      : nullable(node.refrestype, "subscript");
  const culprit = [container, ...bounds.map((bound) => analysis.value(bound, scope))].find(
    (value) => value.nullable,
  );
  return new Value(
    node.refrestype,
    culprit !== undefined,
    culprit ? reason("null-argument", "a slice", culprit.because) : reason("total-function", "a slice"),
    {
      elements: () => container.elements,
      dimensions: () => container.dimensions,
    },
  );
}
