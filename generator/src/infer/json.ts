import type { Oid } from "../model/catalog.ts";
import type { JsonField, JsonShape } from "../model/query.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { Aggref, Expression, FuncExpr } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import {
  ANYARRAY,
  constantText,
  isEmptyJsonArray,
  isNullConstant,
  JSON_TYPES,
  RECORD,
  RECORD_ARRAY,
  TEXT,
  UNKNOWN_TYPE,
} from "./constants.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

const UNKNOWN: JsonShape = { kind: "unknown" };
/** Types that do not tell what their values are made of, which JSON spells out. */
const UNTOLD: ReadonlySet<Oid> = new Set([RECORD, RECORD_ARRAY, ANYARRAY]);

/** Gives what an SQL value becomes inside of JSON. */
export function jsonOf(value: Value, analysis: TreeAnalysis): JsonShape {
  if (JSON_TYPES.has(value.type)) return value.shape ?? UNKNOWN;
  const { attributes } = value;
  if (attributes) {
    // Of a name that comes twice, whoever parses it keeps the last.
    const fields = new Map<string, JsonField>();
    for (const attribute of attributes) {
      if (attribute)
        fields.set(attribute.name, {
          name: attribute.name,
          shape: jsonOf(attribute.value, analysis),
          nullable: attribute.value.nullable,
        });
    }
    return { kind: "object", fields: [...fields.values()] };
  }
  const { elements, dimensions } = value;
  if (elements && dimensions !== null) {
    let shape: JsonShape = {
      kind: "array",
      element: jsonOf(
        elements.type === 0 ? elements.ofType(elementType(value.type, analysis)) : elements,
        analysis,
      ),
      elementNullable: elements.nullable,
    };
    // The items of a matrix are arrays, of which none is NULL.
    for (let n = 1; n < dimensions; n++) shape = { kind: "array", element: shape, elementNullable: false };
    return shape;
  }
  // Its type is that of an array of one dimension.
  if (dimensions !== null && dimensions > 1) return UNKNOWN;
  return ofType(value.type, analysis);
}

function elementType(array: Oid, { catalog }: TreeAnalysis): Oid {
  const type = catalog.type(array);
  return type?.kind === "array" ? type.element : 0;
}

/**
 * A value of which the type alone is known. JSON, or a domain over it, may be anything, its own null included; a composite
 * or an array of one is spelled out by its type, which says nothing of NULLs; of a row that has none nothing is known.
 */
function ofType(oid: Oid, { catalog }: TreeAnalysis): JsonShape {
  const type = oid === UNKNOWN_TYPE ? TEXT : oid;
  if (UNTOLD.has(type)) return UNKNOWN;
  let base = catalog.type(type);
  while (base?.kind === "domain") base = catalog.type(base.base);
  return base === undefined || JSON_TYPES.has(base.oid) ? UNKNOWN : { kind: "scalar", type, values: null };
}

/** Gives what a built-in function makes of its arguments; null where it is no builder of JSON. */
export function jsonFunctionShape(
  node: FuncExpr,
  fn: RawFunction,
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  switch (fn.name) {
    case "json_build_object":
    case "jsonb_build_object":
      return node.funcvariadic ? null : object(node.args, scope, analysis);
    case "to_json":
    case "to_jsonb":
    case "row_to_json":
      return node.args[0] ? known(jsonOf(analysis.value(node.args[0], scope), analysis)) : null;
    default:
      return null;
  }
}

/** @param rows the level as the rows see it that the aggregate takes in */
export function jsonAggregateShape(
  node: Aggref,
  fn: RawFunction,
  rows: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const input = node.args.find((entry) => !entry.resjunk)?.expr;
  if (!input || !(fn.name === "json_agg" || fn.name === "jsonb_agg")) return null;
  const element = analysis.value(input, rows);
  return { kind: "array", element: jsonOf(element, analysis), elementNullable: element.nullable };
}

/** coalesce(json_agg(…), '[]'): the constant fits any array. */
export function coalescedShape(
  args: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const others = args.filter((arg) => !isEmptyJsonArray(arg));
  const [only] = others;
  const shape = others.length === 1 && only ? analysis.value(only, scope).shape : null;
  return shape?.kind === "array" || args.length === 1 ? shape : null;
}

/** case when b.id is not null then json_build_object(…) end: the one branch that gives a value. */
export function branchShape(
  branches: readonly { readonly expr: Expression | null; readonly scope: Scope }[],
  analysis: TreeAnalysis,
): JsonShape | null {
  const [only, ...others] = branches.filter(({ expr }) => expr !== null && !isNullConstant(expr));
  return only?.expr && others.length === 0 ? analysis.value(only.expr, only.scope).shape : null;
}

function known(shape: JsonShape): JsonShape | null {
  return shape.kind === "unknown" ? null : shape;
}

function object(args: readonly Expression[], scope: Scope, analysis: TreeAnalysis): JsonShape | null {
  const fields = new Map<string, JsonField>();
  for (let i = 0; i + 1 < args.length; i += 2) {
    const name = constantKey(args[i]!);
    if (name === null) return null;
    const value = analysis.value(args[i + 1]!, scope);
    // Of a key that comes twice, whoever parses it keeps the last.
    fields.set(name, { name, shape: jsonOf(value, analysis), nullable: value.nullable });
  }
  return { kind: "object", fields: [...fields.values()] };
}

function constantKey(expr: Expression): string | null {
  const constant = expr.kind === "RelabelType" ? expr.arg : expr;
  if (constant.kind !== "Const" || !(constant.consttype === TEXT || constant.consttype === UNKNOWN_TYPE))
    return null;
  return constantText(constant);
}
