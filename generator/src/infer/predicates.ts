import type { Oid } from "../model/catalog.ts";
import type { Comparison } from "../postgres/catalog-objects.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Aggref, Expression, OpExpr } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantInteger, isFalse } from "./constants.ts";
import { expressionKey } from "./expression-key.ts";
import { parameterKey, type Scope, variableKey } from "./scope.ts";

/** Keys of what is not NULL: `variableKey`, `parameterKey` or `expressionKey`. */
export type Facts = ReadonlySet<string>;
const NOTHING: Facts = new Set();

/** Gives what is not NULL where the boolean expression is true. */
export function whenTrue(expr: Expression, scope: Scope, analysis: TreeAnalysis): Facts {
  switch (expr.kind) {
    case "BoolExpr": {
      const parts = (prove: typeof whenTrue) => expr.args.map((arg) => prove(arg, scope, analysis));
      if (expr.boolop === "AND_EXPR") return union(parts(whenTrue));
      return expr.boolop === "OR_EXPR" ? intersection(parts(whenTrue)) : union(parts(whenFalse));
    }
    case "NullTest":
      return expr.nulltesttype === "IS_NOT_NULL"
        ? whenNotNull(expr.arg, scope, analysis, expr.argisrow)
        : NOTHING;
    case "BooleanTest":
      if (expr.booltesttype === "IS_TRUE") return whenTrue(expr.arg, scope, analysis);
      if (expr.booltesttype === "IS_FALSE") return whenFalse(expr.arg, scope, analysis);
      return expr.booltesttype === "IS_NOT_UNKNOWN" ? whenNotNull(expr.arg, scope, analysis) : NOTHING;
    case "SubLink":
      // `x in (select …)` that is true has met an equal, so x is not NULL.
      return expr.subLinkType === "ANY_SUBLINK" && expr.testexpr
        ? whenTrue(expr.testexpr, scope, analysis)
        : NOTHING;
    case "ScalarArrayOpExpr": {
      const [scalar] = expr.args;
      const strict = analysis.catalog.function(expr.opfuncid)?.strict === true;
      const value = whenNotNull(expr, scope, analysis);
      // `= any` that is true has met an equal element.
      return strict && expr.useOr && scalar ? union([value, whenNotNull(scalar, scope, analysis)]) : value;
    }
    case "CoalesceExpr": {
      // coalesce(x, false) is true only where x is.
      const [first, ...rest] = expr.args;
      return first && rest.every(isFalse) ? whenTrue(first, scope, analysis) : NOTHING;
    }
    case "OpExpr":
      return union([
        whenNotNull(expr, scope, analysis),
        whenCounted(expr, analysis.catalog.comparison(expr.opno), scope, analysis),
      ]);
    default:
      return whenNotNull(expr, scope, analysis);
  }
}

/** Gives what is not NULL where the boolean expression is false. */
export function whenFalse(expr: Expression, scope: Scope, analysis: TreeAnalysis): Facts {
  switch (expr.kind) {
    case "BoolExpr": {
      const parts = (prove: typeof whenTrue) => expr.args.map((arg) => prove(arg, scope, analysis));
      if (expr.boolop === "OR_EXPR") return union(parts(whenFalse));
      return expr.boolop === "AND_EXPR" ? intersection(parts(whenFalse)) : union(parts(whenTrue));
    }
    case "NullTest":
      // A row of NULLs `is null` too: where it is not, there is a row.
      return expr.nulltesttype === "IS_NULL" ? whenNotNull(expr.arg, scope, analysis) : NOTHING;
    case "BooleanTest":
      return expr.booltesttype === "IS_UNKNOWN" ? whenNotNull(expr.arg, scope, analysis) : NOTHING;
    case "DistinctExpr": {
      // a is not distinct from b, and b is not NULL: then a is not.
      const [a, b] = expr.args;
      if (!a || !b) return NOTHING;
      return union([
        analysis.value(b, scope).nullable ? NOTHING : whenNotNull(a, scope, analysis),
        analysis.value(a, scope).nullable ? NOTHING : whenNotNull(b, scope, analysis),
      ]);
    }
    case "OpExpr": {
      const opposite = analysis.catalog.comparison(analysis.catalog.negator(expr.opno));
      return union([whenNotNull(expr, scope, analysis), whenCounted(expr, opposite, scope, analysis)]);
    }
    default:
      return whenNotNull(expr, scope, analysis);
  }
}

/** Gives the count that has counted something where it compares so to a constant: `count(x) > 0`. */
function whenCounted(
  { args }: OpExpr,
  comparison: Comparison | null,
  scope: Scope,
  analysis: TreeAnalysis,
): Facts {
  const [left, right] = args;
  const [count, number] = left?.kind === "Const" ? [right, left] : [left, right];
  if (comparison === null || count?.kind !== "Aggref" || number === undefined) return NOTHING;
  const least = constantInteger(number);
  if (least === null || !isCount(count, analysis.catalog)) return NOTHING;
  const isAtLeast = count === right ? FLIPPED[comparison] : comparison;
  const holds =
    isAtLeast === "<>"
      ? least === 0n
      : isAtLeast === ">"
        ? least >= 0n
        : /^>?=$/.test(isAtLeast) && least > 0n;
  const key = holds && speaksForItself(scope) ? countedKey(count, analysis.catalog) : null;
  return key === null ? NOTHING : new Set([key]);
}

const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function isCount({ aggfnoid, agglevelsup }: Aggref, catalog: CatalogReader): boolean {
  const fn = catalog.function(aggfnoid);
  return agglevelsup === 0 && fn?.builtIn === true && fn.name === "count";
}

/** The key of the fact that a count is not 0. */
export function countedKey(count: Aggref, catalog: CatalogReader): string | null {
  const key = expressionKey(count, catalog);
  return key === null ? null : `{counted:${key}}`;
}

/**
 * Gives what is not NULL where the expression's value is not, the expression itself among it.
 * @param asRow whether it is a row of which no attribute is NULL
 */
export function whenNotNull(expr: Expression, scope: Scope, analysis: TreeAnalysis, asRow = false): Facts {
  switch (expr.kind) {
    case "Var":
      return expr.varlevelsup === 0 ? new Set([variableKey(expr)]) : NOTHING;
    case "Param":
      return expr.paramkind === "PARAM_EXTERN" ? new Set([parameterKey(expr.paramid)]) : NOTHING;
    default: {
      const parts = insideOf(expr, scope, analysis, asRow);
      const key = speaksForItself(scope) ? expressionKey(expr, analysis.catalog) : null;
      return key === null ? parts : union([parts, new Set([key])]);
    }
  }
}

/** Tells whether an expression that stands twice in the level has one value: not in RETURNING, nor where grouping sets take columns away. */
function speaksForItself({ query }: Scope): boolean {
  return query.commandType === "CMD_SELECT" && query.groupingSets.length === 0;
}

function insideOf(expr: Expression, scope: Scope, analysis: TreeAnalysis, asRow: boolean): Facts {
  switch (expr.kind) {
    case "RowExpr":
      // `(a, b) is not null` asks it of each; the row value itself never is.
      return asRow ? union(expr.args.map((arg) => whenNotNull(arg, scope, analysis))) : NOTHING;
    case "RelabelType":
    case "CoerceViaIO":
    case "ArrayCoerceExpr":
    case "CollateExpr":
    case "CoerceToDomain":
    case "NamedArgExpr":
      return whenNotNull(expr.arg, scope, analysis);
    case "FuncExpr":
    case "OpExpr": {
      const fn = analysis.catalog.function(expr.kind === "OpExpr" ? expr.opfuncid : expr.funcid);
      if (!fn?.strict) return NOTHING;
      const element = ELEMENT_ARGUMENT.get(fn.oid);
      return union(expr.args.filter((_, i) => i !== element).map((arg) => whenNotNull(arg, scope, analysis)));
    }
    case "ScalarArrayOpExpr": {
      const fn = analysis.catalog.function(expr.opfuncid);
      const [scalar, array] = expr.args;
      if (!scalar || !array) return NOTHING;
      // With no array at all even an operator that has an answer for NULL is not asked.
      const facts = [whenNotNull(array, scope, analysis)];
      // With an empty array the answer does not depend on the scalar; the items of a matrix may be empty arrays, all of them.
      if (fn?.strict && array.kind === "ArrayExpr" && !array.multidims && array.elements.length > 0)
        facts.push(whenNotNull(scalar, scope, analysis));
      return union(facts);
    }
    case "BoolExpr":
      return expr.boolop === "NOT_EXPR" && expr.args[0]
        ? whenNotNull(expr.args[0], scope, analysis)
        : NOTHING;
    case "MinMaxExpr":
    case "CoalesceExpr":
      return intersection(expr.args.map((arg) => whenNotNull(arg, scope, analysis)));
    default:
      return NOTHING;
  }
}

/**
 * Since PostgreSQL 17 the planner makes `x <@ 'empty'` false and `x <@ '(,)'` true without a look at x, so that these
 * functions, strict by their catalog entry, have answers for a NULL element.
 */
const ELEMENT_ARGUMENT: ReadonlyMap<Oid, number> = new Map([
  // range_contains_elem, elem_contained_by_range
  [3858, 1],
  [3860, 0],
]);

function union(sets: readonly Facts[]): Facts {
  return new Set(sets.flatMap((set) => [...set]));
}

function intersection(sets: readonly Facts[]): Facts {
  const [first, ...rest] = sets;
  return first ? new Set([...first].filter((key) => rest.every((set) => set.has(key)))) : NOTHING;
}
