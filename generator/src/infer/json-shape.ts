import type { Oid } from "../model/catalog.ts";
import type { JsonField, JsonShape } from "../model/query.ts";
import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { aggregatedRows } from "./aggregates.ts";
import { textConstant, typeOf } from "./expression-type.ts";
import type { Nullability } from "./nullability.ts";
import { COMMAND, columnNames, openScope, outputEntries, RTE, rteOf, type Scope, scopeOf } from "./scope.ts";

const JSON_TYPES = new Set([114, 3802]);
const RECORD_TYPE = 2249;
const TEXT = 25;
/** What a literal stays where any type is welcome: a C string. */
const UNKNOWN_TYPE = 705;

/** What a computed JSON value is made of, or null where the expression is not one. */
export function jsonShape(expr: Node, scope: Scope, nullability: Nullability): JsonShape | null {
  if (!JSON_TYPES.has(typeOf(expr)) && expr.node !== "VAR") return null;
  const shape = read(expr, scope, nullability, 0);
  return shape.kind === "unknown" ? null : shape;
}

const UNKNOWN: JsonShape = { kind: "unknown" };
/** Nested views and subqueries end somewhere; a cycle through a recursive CTE does not. */
const MAX_DEPTH = 24;

function read(expr: Node, scope: Scope, nullability: Nullability, depth: number): JsonShape {
  if (depth > MAX_DEPTH) return UNKNOWN;
  switch (expr.node) {
    case "COALESCEEXPR": {
      // coalesce(json_agg(…), '[]'): the constant fits any array.
      const shapes = asNodes(expr.args)
        .filter((arg) => !isEmptyArray(arg))
        .map((arg) => read(arg, scope, nullability, depth + 1));
      const [only] = shapes;
      const isOnly = shapes.length === 1 && only !== undefined;
      return isOnly && (only.kind === "array" || asNodes(expr.args).length === 1) ? only : UNKNOWN;
    }
    case "CASEEXPR": {
      // case when b.id is not null then json_build_object(…) end
      const [only, ...others] = nullability
        .results(expr, scope)
        .filter((r) => r.expr !== null && r.expr.constisnull !== true);
      return only && others.length === 0 ? read(only.expr!, only.scope, nullability, depth + 1) : UNKNOWN;
    }
    case "AGGREF":
    case "FUNCEXPR":
      return call(expr, scope, nullability, depth);
    case "SUBLINK": {
      const query = asNode(expr.subselect);
      if (asNumber(expr.subLinkType) !== 4 || !query || asNode(query.setOperations)) return UNKNOWN;
      const inner = asNode(outputEntries(query)[0]?.expr);
      return inner ? read(inner, nullability.enter(query, scope), nullability, depth + 1) : UNKNOWN;
    }
    case "VAR": {
      if (!JSON_TYPES.has(asNumber(expr.vartype))) return UNKNOWN;
      return throughSubquery(expr, scope, nullability, depth);
    }
    default:
      return UNKNOWN;
  }
}

function throughSubquery(variable: Node, from: Scope, nullability: Nullability, depth: number): JsonShape {
  const scope = scopeOf(from, asNumber(variable.varlevelsup));
  const rte = scope ? rteOf(scope, asNumber(variable.varno)) : undefined;
  const attno = asNumber(variable.varattno);
  if (!scope || !rte || attno <= 0) return UNKNOWN;
  if (asNumber(rte.rtekind) === RTE.join || asNumber(rte.rtekind) === RTE.group) {
    const source = asNodes(asNumber(rte.rtekind) === RTE.join ? rte.joinaliasvars : rte.groupexprs)[
      attno - 1
    ];
    return source ? read(source, scope, nullability, depth + 1) : UNKNOWN;
  }
  const query = asNumber(rte.rtekind) === RTE.subquery ? asNode(rte.subquery) : null;
  if (!query || asNode(query.setOperations) || asNumber(query.commandType) !== COMMAND.select) return UNKNOWN;
  const inner = asNode(outputEntries(query)[attno - 1]?.expr);
  return inner ? read(inner, nullability.enter(query, scope), nullability, depth + 1) : UNKNOWN;
}

function call(expr: Node, scope: Scope, nullability: Nullability, depth: number): JsonShape {
  const fn = nullability.catalog.function(asNumber(expr.node === "AGGREF" ? expr.aggfnoid : expr.funcid));
  if (fn?.schema !== "pg_catalog") return UNKNOWN;
  const args =
    expr.node === "AGGREF"
      ? asNodes(expr.args)
          .filter((a) => a.resjunk !== true)
          .map((a) => asNode(a.expr)!)
      : asNodes(expr.args);
  switch (fn.name) {
    case "json_agg":
    case "jsonb_agg": {
      const [element] = args;
      if (!element || asNumber(expr.agglevelsup) > 0) return UNKNOWN;
      const rows = aggregatedRows(expr, scope, nullability);
      return {
        kind: "array",
        element: value(element, rows, nullability, depth + 1),
        elementNullable: nullability.expression(element, rows),
      };
    }
    case "json_build_object":
    case "jsonb_build_object":
      return expr.funcvariadic === true ? UNKNOWN : object(args, scope, nullability, depth);
    case "to_json":
    case "to_jsonb":
    case "row_to_json":
      return args[0] ? value(args[0], scope, nullability, depth + 1) : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function object(args: readonly Node[], scope: Scope, nullability: Nullability, depth: number): JsonShape {
  const fields = new Map<string, JsonField>();
  for (let i = 0; i + 1 < args.length; i += 2) {
    const name = constantKey(args[i]!);
    if (name === null) return UNKNOWN;
    // Of a key that comes twice, whoever parses it keeps the last.
    fields.set(name, {
      name,
      shape: value(args[i + 1]!, scope, nullability, depth + 1),
      nullable: nullability.expression(args[i + 1]!, scope),
    });
  }
  return { kind: "object", fields: [...fields.values()] };
}

/** What an SQL value becomes inside of JSON. */
function value(expr: Node, scope: Scope, nullability: Nullability, depth: number): JsonShape {
  if (expr.node === "VAR" && asNumber(expr.varattno) === 0) return row(expr, scope, nullability, depth);
  const type = typeOf(expr);
  if (JSON_TYPES.has(type)) return read(expr, scope, nullability, depth);
  // Its type is that of an array of one dimension.
  if (isMatrix(expr, nullability)) return UNKNOWN;
  // A composite or an array of one is spelled out by its type alone, which says nothing of NULLs.
  if (type === RECORD_TYPE || !nullability.catalog.type(type)) return UNKNOWN;
  return ofType(type === UNKNOWN_TYPE ? TEXT : type, nullability);
}

/** JSON, or a domain over it, may be anything, its own null included. */
function ofType(type: Oid, nullability: Nullability): JsonShape {
  let base = nullability.catalog.type(type);
  while (base?.kind === "domain") base = nullability.catalog.type(base.base);
  return base === undefined || JSON_TYPES.has(base.oid) ? UNKNOWN : { kind: "scalar", type, values: null };
}

/** Whether the expression makes an array of several dimensions. */
function isMatrix(expr: Node, nullability: Nullability): boolean {
  if (expr.node === "ARRAYEXPR") return expr.multidims === true;
  const arg = expr.node === "AGGREF" ? asNode(asNodes(expr.args)[0]?.expr) : null;
  return (
    arg !== null &&
    nullability.catalog.function(asNumber(expr.aggfnoid))?.name === "array_agg" &&
    nullability.catalog.type(typeOf(arg))?.kind === "array"
  );
}

/** A whole row: an object of its relation's or subquery's columns. */
function row(variable: Node, from: Scope, nullability: Nullability, depth: number): JsonShape {
  const scope = scopeOf(from, asNumber(variable.varlevelsup));
  const varno = asNumber(variable.varno);
  const rte = scope ? rteOf(scope, varno) : undefined;
  if (!scope || !rte || depth > MAX_DEPTH) return UNKNOWN;
  if (asNumber(rte.rtekind) === RTE.relation) {
    const relation = nullability.catalog.relation(asNumber(rte.relid));
    if (!relation) return UNKNOWN;
    // What a view's triggers and a rule's own RETURNING give is not what a scan does.
    const returned =
      varno === asNumber(scope.query.resultRelation) && asNumber(scope.query.commandType) !== COMMAND.select;
    const foreign = returned && (relation.kind === "view" || relation.hasRules);
    // A list of column aliases (`t as x(a, b)`) does not reach a row of the table's own type.
    return {
      kind: "object",
      fields: [...relation.columns.values()].map((column) => ({
        name: column.name,
        shape: ofType(column.type, nullability),
        nullable: foreign || nullability.relationColumn(relation.oid, column.number),
      })),
    };
  }
  const query = asNumber(rte.rtekind) === RTE.subquery ? asNode(rte.subquery) : null;
  if (!query || asNode(query.setOperations)) return UNKNOWN;
  const inner = nullability.enter(query, openScope(query, scope).parent);
  const names = columnNames(rte);
  // Of a name that comes twice, whoever parses it keeps the last.
  const fields = new Map<string, JsonField>();
  for (const [i, entry] of outputEntries(query).entries()) {
    const expr = asNode(entry.expr)!;
    const name = names[i] ?? "";
    fields.set(name, {
      name,
      shape: value(expr, inner, nullability, depth + 1),
      nullable: nullability.output(expr, inner),
    });
  }
  return { kind: "object", fields: [...fields.values()] };
}

function constantKey(expr: Node): string | null {
  if (expr.node === "CONST" && asNumber(expr.consttype) === UNKNOWN_TYPE && expr.constisnull !== true)
    return Buffer.from(expr.constvalue as number[])
      .toString("utf8")
      .replace(/\0$/, "");
  return textConstant(expr.node === "RELABELTYPE" ? asNode(expr.arg)! : expr);
}

function isEmptyArray(expr: Node): boolean {
  if (expr.node !== "CONST" || expr.constisnull === true) return false;
  const bytes = expr.constvalue as number[];
  if (asNumber(expr.consttype) === 114) return Buffer.from(bytes.slice(4)).toString("utf8").trim() === "[]";
  // jsonb: the header of an array of no elements.
  return asNumber(expr.consttype) === 3802 && bytes.length === 8 && bytes[7] === 0x40 && bytes[4] === 0;
}
