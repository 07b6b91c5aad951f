import type { Oid } from "../model/catalog.ts";
import type { Expression, SubLink } from "../postgres/tree/node-types.ts";
import { BOOL, constantText, INT4, TEXT } from "./constants.ts";

/** What of an argument decides whether a function has an answer for it. */
export interface Argument {
  /** 0 where the tree does not say. */
  readonly type: Oid;
  /** The value, where it is a constant of type text. */
  readonly text: string | null;
}

export function toArgument(expr: Expression): Argument {
  return {
    type: typeOf(expr),
    text: expr.kind === "Const" && expr.consttype === TEXT ? constantText(expr) : null,
  };
}

/** Of the others the tree does not say the type: of an ARRAY that of its element alone. */
const TESTS: ReadonlySet<SubLink["subLinkType"]> = new Set([
  "EXISTS_SUBLINK",
  "ANY_SUBLINK",
  "ALL_SUBLINK",
  "ROWCOMPARE_SUBLINK",
]);

/** The type of an expression as far as its node says; 0 where it does not. */
export function typeOf(expr: Expression): Oid {
  switch (expr.kind) {
    case "Var":
      return expr.vartype;
    case "Const":
      return expr.consttype;
    case "Param":
      return expr.paramtype;
    case "FuncExpr":
      return expr.funcresulttype;
    case "OpExpr":
    case "DistinctExpr":
    case "NullIfExpr":
      return expr.opresulttype;
    case "SubLink": {
      if (expr.subLinkType === "EXPR_SUBLINK") {
        const [first] = expr.subselect.targetList;
        return first ? typeOf(first.expr) : 0;
      }
      return TESTS.has(expr.subLinkType) ? BOOL : 0;
    }
    case "Aggref":
      return expr.aggtype;
    case "WindowFunc":
      return expr.wintype;
    case "CoalesceExpr":
      return expr.coalescetype;
    case "CaseExpr":
      return expr.casetype;
    case "ArrayExpr":
      return expr.array_typeid;
    case "RowExpr":
      return expr.row_typeid;
    case "SubscriptingRef":
      return expr.refrestype;
    case "MinMaxExpr":
      return expr.minmaxtype;
    case "CollateExpr":
    case "NamedArgExpr":
      return typeOf(expr.arg);
    case "ReturningExpr":
      return typeOf(expr.retexpr);
    case "RelabelType":
    case "CoerceViaIO":
    case "ArrayCoerceExpr":
    case "ConvertRowtypeExpr":
    case "CoerceToDomain":
    case "FieldSelect":
    case "FieldStore":
      return expr.resulttype;
    case "SQLValueFunction":
      return expr.type;
    case "XmlExpr":
      return expr.type;
    case "JsonConstructorExpr":
      return expr.returning?.typid ?? 0;
    case "JsonValueExpr":
      return typeOf(expr.formatted_expr);
    case "JsonExpr":
      return expr.returning?.typid ?? 0;
    case "NextValueExpr":
    case "CoerceToDomainValue":
    case "CaseTestExpr":
    case "SetToDefault":
      return expr.typeId;
    case "BoolExpr":
    case "NullTest":
    case "BooleanTest":
    case "ScalarArrayOpExpr":
    case "RowCompareExpr":
    case "JsonIsPredicate":
    case "CurrentOfExpr":
      return BOOL;
    case "GroupingFunc":
      return INT4;
    case "MergeSupportFunc":
      return expr.msftype;
  }
}
