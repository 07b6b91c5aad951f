import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { AnyNode, Expression } from "../postgres/tree/node-types.ts";
import { variableKey } from "./scope.ts";

/** Where the node stands, and how its author spelled it: no part of what it means. */
const NO_MEANING = new Set([
  "location",
  "coercionformat",
  "funcformat",
  "coerceformat",
  "row_format",
  "relabelformat",
  "convertformat",
]);

/**
 * Writes an expression so that two of one level have the same text only where they have the same value in every row.
 * @returns null for what may differ between two evaluations (a volatile function, a subquery)
 */
export function expressionKey(expr: Expression, catalog: CatalogReader): string | null {
  try {
    return write(expr, catalog);
  } catch (error) {
    if (error instanceof NotRepeatable) return null;
    throw error;
  }
}

/** Tells whether a key is an expression's, not a variable's or parameter's. */
export function isExpressionKey(key: string): boolean {
  return key.startsWith("{");
}

class NotRepeatable extends Error {}

function write(value: unknown, catalog: CatalogReader): string {
  if (Array.isArray(value)) return `[${value.map((item) => write(item, catalog)).join()}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const node = value as AnyNode;
  switch (node.kind) {
    case "Var":
      return `v${node.varlevelsup}.${variableKey(node)}.${node.varnullingrels.join("+")}`;
    case "SubLink":
    case "Query":
    case "NextValueExpr":
    case "CaseTestExpr":
      throw new NotRepeatable();
    case "FuncExpr":
      repeatable(node.funcid, catalog);
      break;
    case "OpExpr":
    case "DistinctExpr":
    case "NullIfExpr":
    case "ScalarArrayOpExpr":
      repeatable(node.opfuncid, catalog);
      break;
    case "WindowFunc":
      throw new NotRepeatable();
  }
  const fields = Object.entries(node).filter(([name]) => !NO_MEANING.has(name));
  return `{${fields.map(([name, field]) => `${name}:${write(field, catalog)}`).join()}}`;
}

/** A stable function of the user's is only said to be stable; PostgreSQL itself relies on an immutable one. */
function repeatable(oid: number, catalog: CatalogReader): void {
  const fn = catalog.function(oid);
  if (fn && (fn.volatility === "i" || (fn.volatility === "s" && fn.builtIn))) return;
  throw new NotRepeatable();
}
