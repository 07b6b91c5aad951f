import type { Oid } from "../model/catalog.ts";
import type { JsonField, JsonItem, JsonShape } from "../model/query.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type {
  Aggref,
  Const,
  Expression,
  FuncExpr,
  JsonConstructorExpr,
  WindowFunc,
} from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import {
  ANYARRAY,
  BOOL,
  constantBoolean,
  constantInteger,
  constantJsonText,
  constantText,
  constantTexts,
  INT2,
  INT4,
  JSON_TYPES,
  RECORD,
  RECORD_ARRAY,
  TEXT,
  UNKNOWN_TYPE,
  VARCHAR,
} from "./constants.ts";
import { underDomains } from "./domains.ts";
import {
  arrayOf,
  concatenated,
  isNothing,
  itemOf,
  known,
  mapOf,
  mayBeJsonNull,
  NOTHING,
  objectOf,
  UNKNOWN,
  withInserted,
  withoutItem,
  withoutKey,
  withoutNulls,
  withoutPath,
  withValueAt,
} from "./json-shapes.ts";
import { withoutRelabel } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { nameOf, type Value } from "./value.ts";

/** Types that do not tell what their values are made of, which JSON spells out. */
const UNTOLD: ReadonlySet<Oid> = new Set([RECORD, RECORD_ARRAY, ANYARRAY]);
const TEXTS: ReadonlySet<Oid> = new Set([TEXT, VARCHAR, UNKNOWN_TYPE]);

/** Gives what an SQL value becomes inside of JSON. */
export function jsonOf(value: Value, analysis: TreeAnalysis): JsonShape {
  const { shape } = value;
  if (shape && isNothing(shape)) return shape;
  if (JSON_TYPES.has(value.type)) return value.jsonShape ?? UNKNOWN;
  const { attributes } = value;
  if (attributes) {
    return objectOf(
      attributes.flatMap((attribute) =>
        attribute ? { name: attribute.name, ...placed(attribute.value, analysis) } : [],
      ),
    );
  }
  const { elements, dimensions } = value;
  if (elements && dimensions !== null) {
    let found = arrayOf([
      placed(elements.type === 0 ? elements.ofType(elementType(value.type, analysis)) : elements, analysis),
    ]);
    // The items of a matrix are arrays, of which none is NULL.
    for (let n = 1; n < dimensions; n++) found = arrayOf([{ shape: found, nullable: false }]);
    return found;
  }
  // Its type is that of an array of one dimension.
  if (dimensions !== null && dimensions > 1) return UNKNOWN;
  // The texts of a constant, where no cast has made another value of it.
  if (
    shape?.kind === "scalar" &&
    (shape.type === value.type || (TEXTS.has(shape.type) && TEXTS.has(value.type)))
  )
    return shape;
  return ofType(value.type, value, analysis);
}

/** A value as one place of JSON holds it. */
function placed(value: Value, analysis: TreeAnalysis): JsonItem {
  return itemOf(jsonOf(value, analysis), value.nullable);
}

function elementType(array: Oid, { catalog }: TreeAnalysis): Oid {
  const type = catalog.type(array);
  return type?.kind === "array" ? type.element : 0;
}

/**
 * A value of which the type alone is known. JSON, or a domain over it, may be anything, its own null included; a composite
 * or an array of one is spelled out by its type, which says nothing of NULLs; of a row that has none nothing is known.
 */
function ofType(oid: Oid, value: Value | null, analysis: TreeAnalysis): JsonShape {
  const type = oid === UNKNOWN_TYPE ? TEXT : oid;
  if (UNTOLD.has(type)) return UNKNOWN;
  const base = underDomains(type, analysis.catalog);
  if (base === undefined || JSON_TYPES.has(base.oid)) return UNKNOWN;
  if (base.kind === "composite")
    return objectOf(
      base.attributes.map((attribute) => ({
        name: attribute.name,
        ...itemOf(ofType(attribute.type, null, analysis), true),
      })),
    );
  const origin = value?.origin;
  if (!origin) return { kind: "scalar", type, values: null };
  const values = analysis.facts.allowedTexts(origin.relation, origin.column.number);
  return { kind: "scalar", type, values, origin: nameOf(origin) };
}

/** Tells whether a value of the type is a string, a number or a boolean in JSON, or an array of such. */
export function isPlainType(oid: Oid, analysis: TreeAnalysis): boolean {
  const base = underDomains(oid, analysis.catalog);
  return (
    base !== undefined &&
    !base.castsToJson &&
    (base.kind === "enum" ||
      base.kind === "range" ||
      base.kind === "multirange" ||
      (base.kind === "base" && !JSON_TYPES.has(base.oid)))
  );
}

/** The JSON of a constant: its one value; null where that is not read. */
export function constantShape(expr: Const): JsonShape | null {
  const type = expr.consttype;
  if (expr.constisnull) return NOTHING;
  if (JSON_TYPES.has(type)) return constantJson(expr);
  const one = (own: Oid, value: string | null): JsonShape | null =>
    value === null ? null : { kind: "scalar", type: own, values: [value] };
  if (TEXTS.has(type)) return one(TEXT, constantText(expr));
  if (type === BOOL) return one(type, constantBoolean(expr)?.toString() ?? null);
  return type === INT2 || type === INT4 ? one(type, constantInteger(expr)?.toString() ?? null) : null;
}

/** A constant of JSON; of jsonb, whose numbers are not read, an empty one. */
function constantJson(expr: Const): JsonShape | null {
  const json = constantJsonText(expr);
  try {
    return json === null ? null : writtenShape(JSON.parse(json));
  } catch {
    return null;
  }
}

function writtenShape(value: unknown): JsonShape {
  if (value === null) return { kind: "null" };
  if (Array.isArray(value))
    return { kind: "tuple", items: value.map((item) => itemOf(writtenShape(item), false)) };
  switch (typeof value) {
    case "string":
      return { kind: "scalar", type: TEXT, values: [value] };
    case "boolean":
      return { kind: "scalar", type: BOOL, values: [String(value)] };
    case "number":
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31
        ? { kind: "scalar", type: INT4, values: [String(value)] }
        : UNKNOWN;
    default:
      return objectOf(
        Object.entries(value as object).map(([name, inner]) => ({
          name,
          ...itemOf(writtenShape(inner), false),
        })),
      );
  }
}

/** Gives what a built-in function makes of its arguments; null where it is no builder of JSON. */
export function jsonFunctionShape(
  node: FuncExpr,
  fn: RawFunction,
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const items = (): JsonItem[] => node.args.map((arg) => placed(analysis.value(arg, scope), analysis));
  switch (fn.name) {
    case "json_build_object":
    case "jsonb_build_object":
      return node.funcvariadic ? null : object(node.args, "of none", scope, analysis);
    case "json_build_array":
    case "jsonb_build_array":
      return node.funcvariadic ? null : { kind: "tuple", items: items() };
    case "json_object":
    case "jsonb_object":
      return { kind: "map", value: { kind: "scalar", type: TEXT, values: null }, valueNullable: true };
    case "to_json":
    case "to_jsonb":
    case "row_to_json":
    case "array_to_json":
      return node.args[0] ? known(jsonOf(analysis.value(node.args[0], scope), analysis)) : null;
    default:
      return jsonOperationShape(fn.name, node.args, scope, analysis);
  }
}

/** Gives what a function or operator makes of the JSON that it is given; null where it is none that does, or not known. */
export function jsonOperationShape(
  name: string,
  args: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const [first, second, third, fourth] = args;
  const isPlain = (type: Oid): boolean => isPlainType(type, analysis);
  const shapeOf = (arg: Expression | undefined): JsonShape =>
    arg ? (analysis.value(arg, scope).jsonShape ?? UNKNOWN) : UNKNOWN;
  switch (name) {
    case "json_strip_nulls":
    case "jsonb_strip_nulls":
      // Those of arrays go too, where it is asked for.
      return second && constantBoolean(second) !== false
        ? null
        : known(
            withoutNulls(shapeOf(first), (type) => isPlain(type) || isPlain(elementType(type, analysis))),
          );
    case "jsonb_concat":
      return known(concatenated(shapeOf(first), shapeOf(second), isPlain) ?? UNKNOWN);
    case "jsonb_set": {
      const path = second ? constantTexts(second) : null;
      const creates = fourth ? constantBoolean(fourth) : true;
      const set =
        path && creates !== null && withValueAt(shapeOf(first), path, shapeOf(third), creates, isPlain);
      return set ? known(set) : null;
    }
    case "jsonb_insert": {
      const path = second ? constantTexts(second) : null;
      const inserted = path && withInserted(shapeOf(first), path, shapeOf(third), isPlain);
      return inserted ? known(inserted) : null;
    }
    case "jsonb_delete":
      return second ? without(shapeOf(first), second) : null;
    case "jsonb_delete_path": {
      const path = second ? constantTexts(second) : null;
      return path && withoutPath(shapeOf(first), path, isPlain);
    }
    default:
      return null;
  }
}

/** `- 'key'`, `- array['a', 'b']` and `- 1`. */
function without(shape: JsonShape, removed: Expression): JsonShape | null {
  const index = constantInteger(removed);
  if (index !== null) return withoutItem(shape, Number(index));
  const key = constantText(removed);
  const keys = key === null ? constantTexts(removed) : [key];
  return keys === null
    ? null
    : keys.reduce<JsonShape | null>((rest, one) => rest && withoutKey(rest, one), shape);
}

/** @param rows the level as the rows see it that the aggregate takes in */
export function jsonAggregateShape(
  args: readonly Expression[],
  name: string,
  rows: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const match = /^jsonb?_(object_)?agg(_unique)?(_strict)?$/.exec(name);
  const input = args[match?.[1] ? 1 : 0];
  if (!match || !input) return null;
  const value = analysis.value(input, rows);
  // The strict ones leave NULL out, as SQL has it; a null of JSON stays.
  const item = match[3] ? itemOf(jsonOf(value, analysis), false) : placed(value, analysis);
  return match[1] ? mapOf([item]) : arrayOf([item]);
}

/** The aggregate or window function's own arguments, and behind them what they are ordered by. */
export function argumentsOf(node: Aggref | WindowFunc): readonly Expression[] {
  return node.kind === "WindowFunc" ? node.args : node.args.map((entry) => entry.expr);
}

/** Gives what a constructor of the SQL standard makes. */
export function jsonConstructorShape(
  node: JsonConstructorExpr,
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const values = () => node.args.map((arg) => analysis.value(arg, scope));
  switch (node.type) {
    case "JSCTOR_JSON_OBJECT":
      return object(node.args, absenceOf(node), scope, analysis);
    case "JSCTOR_JSON_ARRAY": {
      const items = values().filter((value) => !(node.absent_on_null && isAlwaysNull(value)));
      const places = items.map((value) => placed(value, analysis));
      if (!node.absent_on_null || items.every((value) => !value.nullable))
        return { kind: "tuple", items: places };
      return arrayOf(items.map((value) => itemOf(jsonOf(value, analysis), false)));
    }
    case "JSCTOR_JSON_OBJECTAGG":
    case "JSCTOR_JSON_ARRAYAGG":
      return node.func && analysis.value(node.func, scope).shape;
    case "JSCTOR_JSON_SCALAR": {
      const [value] = values();
      return value ? known(jsonOf(value, analysis)) : null;
    }
    default:
      return null;
  }
}

function isAlwaysNull({ shape }: Value): boolean {
  return shape !== null && isNothing(shape);
}

/** Which nulls are left out of an object, with their keys. */
type Absence = "of none" | "of SQL" | "of SQL and JSON";

/** Reads ABSENT ON NULL, which means a null of JSON too where the object is made as jsonb, as it is when a value is jsonb. */
function absenceOf({ absent_on_null, returning }: JsonConstructorExpr): Absence {
  if (!absent_on_null) return "of none";
  return returning?.format?.format_type === "JS_FORMAT_JSON" ? "of SQL" : "of SQL and JSON";
}

function object(
  args: readonly Expression[],
  absence: Absence,
  scope: Scope,
  analysis: TreeAnalysis,
): JsonShape | null {
  const absentOnNull = absence !== "of none";
  const fields: JsonField[] = [];
  let areKnown = true;
  for (let i = 0; i + 1 < args.length; i += 2) {
    const name = constantText(withoutRelabel(args[i]!));
    const value = analysis.value(args[i + 1]!, scope);
    const isLeftOut =
      (absentOnNull && value.nullable) ||
      (absence === "of SQL and JSON" && mayBeJsonNull(jsonOf(value, analysis)));
    areKnown &&= name !== null;
    if (absentOnNull && isAlwaysNull(value)) continue;
    const item = itemOf(jsonOf(value, analysis), !absentOnNull && value.nullable);
    fields.push({ name: name ?? "", ...item, ...(isLeftOut && { optional: true }) });
  }
  return areKnown ? objectOf(fields) : mapOf(fields);
}
