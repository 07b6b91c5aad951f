import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { toArgument } from "./expression-type.ts";
import type { Nullability } from "./nullability.ts";
import { deliversARow } from "./row-guarantee.ts";
import type { Scope } from "./scope.ts";
import { isTotal } from "./total-functions.ts";

/** `SubLinkType` of primnodes.h. */
export const SUBLINK = {
  exists: 0,
  all: 1,
  any: 2,
  rowCompare: 3,
  expression: 4,
  multi: 5,
  array: 6,
} as const;

/** Whether a subquery in an expression (EXISTS, IN, ANY, ALL, ARRAY, a value) can give NULL. */
export function sublinkIsNullable(expr: Node, scope: Scope, nullability: Nullability): boolean {
  const query = asNode(expr.subselect);
  if (!query) return true;
  switch (asNumber(expr.subLinkType)) {
    case SUBLINK.exists:
    case SUBLINK.array:
      return false;
    case SUBLINK.expression:
      return !deliversARow(query, scope) || nullability.query(query, scope)[0] !== false;
    case SUBLINK.any:
    case SUBLINK.all: {
      const test = asNode(expr.testexpr);
      const columns = nullability.query(query, scope);
      return !test || columns.some(Boolean) || testIsNullable(test, scope, nullability);
    }
    default:
      return true;
  }
}

/** The comparison of an ANY or ALL, its subquery's columns (as PARAM_SUBLINK) taken as not NULL. */
function testIsNullable(test: Node, scope: Scope, nullability: Nullability): boolean {
  if (test.node === "BOOLEXPR")
    return asNodes(test.args).some((arg) => testIsNullable(arg, scope, nullability));
  if (test.node !== "OPEXPR") return true;
  const fn = nullability.catalog.function(asNumber(test.opfuncid));
  const args = asNodes(test.args);
  if (!fn || !isTotal(fn, args.map(toArgument))) return true;
  return args.some((arg) => !isSublinkParam(arg) && nullability.expression(arg, scope));
}

function isSublinkParam(node: Node): boolean {
  if (node.node === "RELABELTYPE") return isSublinkParam(asNode(node.arg)!);
  return node.node === "PARAM" && asNumber(node.paramkind) === 2;
}
