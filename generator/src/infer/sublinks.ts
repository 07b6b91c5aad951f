import type { Expression, SubLink } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { toArgument, typeOf } from "./expression-type.ts";
import type { Scope } from "./scope.ts";
import { isTotal } from "./total-functions.ts";
import { notNull, nullable, reason, Value } from "./value.ts";

/** A subquery in an expression: EXISTS, IN, ANY, ALL, ARRAY, a value. */
export function sublink(node: SubLink, scope: Scope, analysis: TreeAnalysis): Value {
  const type = typeOf(node);
  const query = node.subselect;
  switch (node.subLinkType) {
    case "EXISTS_SUBLINK":
      return notNull(type, "test", "EXISTS");
    case "ARRAY_SUBLINK": {
      const element = () => analysis.outputs(query, scope)[0] ?? null;
      const isArray = () => analysis.catalog.type(element()?.type ?? 0)?.kind === "array";
      return notNull(type, "never-null", "ARRAY(…)", {
        // `array(select an_array …)` makes a matrix.
        elements: () => (isArray() ? (element()?.elements ?? null) : (element()?.withoutOrigin() ?? null)),
        dimensions: () => (isArray() ? (element()?.dimensions ?? 1) + 1 : 1),
      });
    }
    case "EXPR_SUBLINK": {
      const column = analysis.outputs(query, scope)[0];
      if (!column) return nullable(type, "unproven", "the subquery");
      const own = column.withoutOrigin();
      if (column.nullable) return own.decidedBy(true, reason("subquery-column", undefined, column.because));
      const { holds, because } = analysis.certainRow(query, scope);
      if (!holds) return own.decidedBy(true, reason("subquery-no-row"));
      const isByKey = because.code === "foreign-key";
      return own.decidedBy(
        false,
        isByKey
          ? reason("foreign-key", because.subject, column.because)
          : reason("subquery-one-row", undefined, column.because),
      );
    }
    case "ANY_SUBLINK":
    case "ALL_SUBLINK": {
      const culprit = analysis.outputs(query, scope).find((column) => column.nullable);
      if (culprit) return nullable(type, "comparison-with-null", undefined, culprit.because);
      return node.testexpr
        ? comparison(node.testexpr, type, scope, analysis)
        : nullable(type, "unproven", "the comparison");
    }
    default:
      return nullable(type, "unproven", "the subquery");
  }
}

/** The comparison of an ANY or ALL, its subquery's columns (as PARAM_SUBLINK) taken as not NULL. */
function comparison(test: Expression, type: number, scope: Scope, analysis: TreeAnalysis): Value {
  if (test.kind === "BoolExpr") {
    const parts = test.args.map((arg) => comparison(arg, type, scope, analysis));
    return parts.find((part) => part.nullable) ?? notNull(type, "test", "the comparison");
  }
  const fn = test.kind === "OpExpr" ? analysis.catalog.function(test.opfuncid) : undefined;
  if (test.kind !== "OpExpr" || !fn || !isTotal(fn, test.args.map(toArgument)))
    return nullable(
      type,
      fn?.builtIn ? "partial-function" : "unknown-function",
      test.kind === "OpExpr" ? analysis.catalog.operatorName(test.opno) : "the comparison",
    );
  const culprit = test.args
    .filter((arg) => !isSublinkParam(arg))
    .map((arg) => analysis.value(arg, scope))
    .find((value) => value.nullable);
  return culprit
    ? nullable(type, "comparison-with-null", undefined, culprit.because)
    : new Value(type, false, reason("test", "the comparison"));
}

function isSublinkParam(node: Expression): boolean {
  if (node.kind === "RelabelType") return isSublinkParam(node.arg);
  return node.kind === "Param" && node.paramkind === "PARAM_SUBLINK";
}
