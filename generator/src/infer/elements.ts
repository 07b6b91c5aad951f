import { asList, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { aggregatedRows } from "./aggregates.ts";
import { toArgument, typeOf } from "./expression-type.ts";
import type { Nullability } from "./nullability.ts";
import { findCte, outputEntries, RTE, rteOf, type Scope, scopeOf } from "./scope.ts";
import { SUBLINK } from "./sublinks.ts";
import { isTotal } from "./total-functions.ts";

/** Built-in functions that make arrays without NULLs. */
const WITHOUT_NULLS = new Set([
  "regexp_split_to_array",
  "current_schemas",
  "array_positions",
  "enum_range",
  "parse_ident",
  "tsvector_to_array",
]);

/** Whether an element of the array, of any dimension, can be NULL. */
export function elementsAreNullable(expr: Node, scope: Scope, nullability: Nullability): boolean {
  const elements = (node: Node): boolean => elementsAreNullable(node, scope, nullability);
  switch (expr.node) {
    case "ARRAYEXPR":
      return asNodes(expr.elements).some((element) =>
        // The items of a matrix are arrays; one that is NULL is an error.
        expr.multidims === true ? elements(element) : nullability.expression(element, scope),
      );
    case "RELABELTYPE":
    case "COLLATEEXPR":
      return asNode(expr.arg) ? elements(asNode(expr.arg)!) : true;
    case "ARRAYCOERCEEXPR":
      return !isTotalCast(asNode(expr.elemexpr), nullability) || elements(asNode(expr.arg)!);
    case "CONST":
      return expr.constisnull !== true && arrayConstantHasNulls(expr);
    case "COALESCEEXPR":
      return asNodes(expr.args).some(elements);
    case "SUBLINK": {
      const query = asNode(expr.subselect);
      const isArray = asNumber(expr.subLinkType) === SUBLINK.array && query !== null;
      // `array(select an_array …)` makes a matrix.
      return !isArray || resultIsArray(query, nullability) || nullability.query(query, scope)[0] !== false;
    }
    case "AGGREF": {
      const fn = nullability.catalog.function(asNumber(expr.aggfnoid));
      const arg = asNode(asNodes(expr.args)[0]?.expr);
      const isPlain = fn?.name === "array_agg" && fn.schema === "pg_catalog" && arg;
      // Of an outer level's aggregate the arguments belong there too.
      if (!isPlain || isArray(arg, nullability) || asNumber(expr.agglevelsup) > 0) return true;
      return nullability.expression(arg, aggregatedRows(expr, scope, nullability));
    }
    case "FUNCEXPR": {
      const fn = nullability.catalog.function(asNumber(expr.funcid));
      if (fn?.schema !== "pg_catalog") return true;
      if (fn.name === "string_to_array") return asNodes(expr.args).length > 2;
      return !WITHOUT_NULLS.has(fn.name);
    }
    case "VAR":
      return variableElements(expr, scope, nullability);
    default:
      return true;
  }
}

/** Whether the cast of each element gives NULL for NULL only. */
function isTotalCast(expr: Node | null, nullability: Nullability): boolean {
  switch (expr?.node) {
    case "CASETESTEXPR":
      return true;
    case "RELABELTYPE":
    case "COERCEVIAIO":
      return isTotalCast(asNode(expr.arg), nullability);
    case "FUNCEXPR": {
      const fn = nullability.catalog.function(asNumber(expr.funcid));
      const args = asNodes(expr.args);
      return !!fn && isTotal(fn, args.map(toArgument)) && isTotalCast(args[0] ?? null, nullability);
    }
    default:
      return false;
  }
}

function isArray(expr: Node, nullability: Nullability): boolean {
  return nullability.catalog.type(typeOf(expr))?.kind === "array";
}

function resultIsArray(query: Node, nullability: Nullability): boolean {
  const entry = asNode(outputEntries(query)[0]?.expr);
  return !entry || isArray(entry, nullability);
}

/** Follows a subquery's, CTE's or grouping's column to the expression that makes the array. */
function variableElements(variable: Node, from: Scope, nullability: Nullability): boolean {
  const scope = scopeOf(from, asNumber(variable.varlevelsup));
  const rte = scope ? rteOf(scope, asNumber(variable.varno)) : undefined;
  const attno = asNumber(variable.varattno);
  if (!scope || !rte || attno <= 0) return true;
  const kind = asNumber(rte.rtekind);
  if (kind === RTE.join || kind === RTE.group) {
    const source = asNodes(kind === RTE.join ? rte.joinaliasvars : rte.groupexprs)[attno - 1];
    return source ? elementsAreNullable(source, scope, nullability) : true;
  }
  let query: Node | null = null;
  let parent = scope;
  if (kind === RTE.subquery) query = asNode(rte.subquery);
  else if (kind === RTE.cte) {
    const found = findCte(scope, rte);
    if (!found || found.cte.cterecursive === true) return true;
    query = asNode(found.cte.ctequery);
    parent = found.scope;
  }
  if (!query || asNode(query.setOperations)) return true;
  const inner = asNode(outputEntries(query)[attno - 1]?.expr);
  return inner ? elementsAreNullable(inner, nullability.enter(query, parent), nullability) : true;
}

/** An array's on-disk form: length, number of dimensions, then the offset of the data, which is 0 where there is no NULL bitmap. */
function arrayConstantHasNulls(expr: Node): boolean {
  const bytes = expr.constvalue as readonly number[] | null;
  if (!bytes || bytes.length < 12) return true;
  return asList(bytes.slice(8, 12)).some((byte) => byte !== 0);
}
