import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type {
  AnyNode,
  DistinctExpr,
  Expression,
  OpExpr,
  ScalarArrayOpExpr,
} from "../postgres/tree/node-types.ts";

/** Tells whether the operator is an equality, as the default operator class of its left type understands it. */
export function isEquality(node: OpExpr | DistinctExpr | ScalarArrayOpExpr, catalog: CatalogReader): boolean {
  return catalog.comparison(node.opno) === "=";
}

/** Tells whether it compares values of one type by their order: `=`, `<>`, `<`, `<=`, `>`, `>=`. */
export function isComparison(
  node: OpExpr | DistinctExpr | ScalarArrayOpExpr,
  catalog: CatalogReader,
): boolean {
  return catalog.comparison(node.opno) !== null;
}

/** The expression under casts that change the name of its type and nothing of its value. */
export function withoutRelabel(expr: Expression): Expression {
  return expr.kind === "RelabelType" || expr.kind === "CoerceToDomain" ? withoutRelabel(expr.arg) : expr;
}

/** The expression under casts of every kind, which may change its value: good for a name, not for a proof. */
export function withoutCasts(expr: Expression): Expression {
  switch (expr.kind) {
    case "RelabelType":
    case "ArrayCoerceExpr":
    case "CoerceViaIO":
    case "CollateExpr":
    case "CoerceToDomain":
      return withoutCasts(expr.arg);
    case "FuncExpr": {
      const isCast = expr.funcformat === "COERCE_EXPLICIT_CAST" || expr.funcformat === "COERCE_IMPLICIT_CAST";
      const [arg] = expr.args;
      return isCast && arg ? withoutCasts(arg) : expr;
    }
    default:
      return expr;
  }
}

/** The function that a node calls; 0 for none. */
export function calledBy(node: AnyNode): number {
  switch (node.kind) {
    case "FuncExpr":
      return node.funcid;
    case "OpExpr":
    case "DistinctExpr":
    case "NullIfExpr":
    case "ScalarArrayOpExpr":
      return node.opfuncid;
    case "Aggref":
      return node.aggfnoid;
    case "WindowFunc":
      return node.winfnoid;
    default:
      return 0;
  }
}
