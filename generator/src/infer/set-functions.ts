import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { FuncExpr, FunctionEntry } from "../postgres/tree/node-types.ts";
import { ownNodes } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { underDomains } from "./domains.ts";
import { calledBody } from "./function-bodies.ts";
import { elementOf } from "./json-shapes.ts";
import { columnNames, type Scope } from "./scope.ts";
import { setColumnNotNull } from "./total-functions.ts";
import { notNull, nullable, reason, type Value } from "./value.ts";

/** A column of a function in FROM. */
export function functionColumn(
  rte: FunctionEntry,
  attno: number,
  scope: Scope,
  analysis: TreeAnalysis,
): Value {
  const name = columnNames(rte)[attno - 1];
  const total = rte.functions.reduce((n, f) => n + f.funccolcount, 0);
  if (rte.funcordinality && attno === total + 1) return notNull(0, "known-rows", "WITH ORDINALITY");
  // Of several functions the shorter ones are padded.
  const [only] = rte.functions;
  if (rte.functions.length !== 1 || !only) return nullable(0, "padded-set");
  const expr = only.funcexpr;
  // One column may be that of a row with one attribute, or a plain value.
  if (expr.kind === "FuncExpr" && expr.funcretset)
    return setFunctionColumn(expr, attno - 1, scope, analysis, name);
  const value = analysis.value(expr, scope);
  if (!isComposite(value.type, analysis)) return total === 1 ? value : nullable(0, "set-column", name);
  return partOf(value, attno - 1, name);
}

/**
 * Gives what a set-returning function gives.
 * @param column from 0 on, of its rows; null where the whole of each is asked for
 */
export function setFunctionColumn(
  expr: FuncExpr,
  column: number | null,
  scope: Scope,
  analysis: TreeAnalysis,
  name?: string,
): Value {
  const { catalog } = analysis;
  const fn = catalog.function(expr.funcid);
  if (!fn) return nullable(expr.funcresulttype, "unproven", name);
  if (fn.name === "unnest" && fn.schema === "pg_catalog") {
    const element = analysis.value(expr.args[0]!, scope).elements;
    if (!element) return nullable(expr.funcresulttype, "nullable-element");
    // In FROM a composite element gives a column for each attribute.
    return column !== null && isComposite(expr.funcresulttype, analysis)
      ? partOf(element, column, name)
      : element.ofType(expr.funcresulttype);
  }
  const body = calledBody(expr, scope, analysis);
  if (body) return column === null ? body.whole : (body.columns[column] ?? nullable(0, "set-column", name));
  const elements = jsonElements(expr, fn, scope, analysis);
  if (elements) return elements;
  if (setColumnNotNull(fn, column ?? 0))
    return notNull(column === null ? expr.funcresulttype : 0, "known-rows", fn.name);
  return nullable(column === null ? expr.funcresulttype : 0, "set-column", name);
}

/** Gives what `jsonb_array_elements` delivers of JSON of which it is known how it was built; null for anything else. */
function jsonElements(expr: FuncExpr, fn: RawFunction, scope: Scope, analysis: TreeAnalysis): Value | null {
  const [json] = expr.args;
  if (fn.schema !== "pg_catalog" || !/^jsonb?_array_elements$/.test(fn.name) || !json) return null;
  const { shape } = analysis.value(json, scope);
  const element = shape && elementOf(shape);
  return element && notNull(expr.funcresulttype, "known-rows", fn.name, { shape: () => element });
}

/** A column that is an attribute of each row's value, which may be NULL as a whole. */
function partOf(value: Value, column: number, name: string | undefined): Value {
  const attribute = value.attributes?.[column]?.value;
  if (!attribute) return nullable(0, "attribute", name);
  return value.nullable
    ? attribute.withoutOrigin().decidedBy(true, reason("attribute", name, value.because))
    : attribute.withoutOrigin();
}

function isComposite(oid: number, { catalog }: TreeAnalysis): boolean {
  const type = underDomains(oid, catalog);
  return type?.kind === "composite" || (type?.kind === "pseudo" && type.name === "record");
}

/** Tells whether a set-returning function stands anywhere in the expression; those of a subquery are its own. */
export function containsSet(tree: unknown): boolean {
  return ownNodes(tree).some(
    (node) => (node.kind === "FuncExpr" && node.funcretset) || (node.kind === "OpExpr" && node.opretset),
  );
}
