import type { Oid } from "../model/catalog.ts";
import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";

/** What of an argument decides whether a function has an answer for it. */
export interface Argument {
  /** 0 where the tree does not say. */
  readonly type: Oid;
  /** The value, where it is a constant of type text. */
  readonly text: string | null;
}

export function toArgument(expr: Node): Argument {
  return { type: typeOf(expr), text: textConstant(expr) };
}

/** The type of an expression as far as its node says; 0 where it does not. */
export function typeOf(expr: Node): Oid {
  switch (expr.node) {
    case "VAR":
      return asNumber(expr.vartype);
    case "CONST":
      return asNumber(expr.consttype);
    case "PARAM":
      return asNumber(expr.paramtype);
    case "FUNCEXPR":
      return asNumber(expr.funcresulttype);
    case "OPEXPR":
    case "NULLIFEXPR":
      return asNumber(expr.opresulttype);
    case "SUBLINK": {
      // Of an ARRAY it is another, which nothing asks for.
      const first = asNodes(asNode(expr.subselect)?.targetList)[0];
      const isScalar = asNumber(expr.subLinkType) === 4 && asNode(first?.expr) !== null;
      return isScalar ? typeOf(asNode(first!.expr)!) : 0;
    }
    case "AGGREF":
      return asNumber(expr.aggtype);
    case "WINDOWFUNC":
      return asNumber(expr.wintype);
    case "COALESCEEXPR":
      return asNumber(expr.coalescetype);
    case "CASEEXPR":
      return asNumber(expr.casetype);
    case "ARRAYEXPR":
      return asNumber(expr.array_typeid);
    case "SUBSCRIPTINGREF":
      return asNumber(expr.refrestype);
    case "COLLATEEXPR":
    case "NAMEDARGEXPR":
      return asNode(expr.arg) ? typeOf(asNode(expr.arg)!) : 0;
    default:
      return asNumber(expr.resulttype ?? expr.minmaxtype ?? expr.type);
  }
}

/** The value of a constant of type text. */
export function textConstant(expr: Node): string | null {
  if (expr.node !== "CONST" || asNumber(expr.consttype) !== 25 || expr.constisnull === true) return null;
  return Buffer.from((expr.constvalue as number[]).slice(4)).toString("utf8");
}
