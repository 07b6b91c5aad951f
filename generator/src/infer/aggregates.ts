import type { Oid } from "../model/catalog.ts";
import type { Reason } from "../model/reason.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";
import type { Aggref, Expression, GroupingSet, Query, WindowFunc } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { expressionKey } from "./expression-key.ts";
import { groupRows, hasCertainInput } from "./group-rows.ts";
import { argumentsOf, jsonAggregateShape } from "./json.ts";
import type { Scope } from "./scope.ts";
import { aggregateKind } from "./total-functions.ts";
import { nullable, type Parts, passedThrough, reason, Value } from "./value.ts";

export function aggregate(node: Aggref, scope: Scope, analysis: TreeAnalysis): Value {
  const fn = analysis.catalog.function(node.aggfnoid);
  if (!fn) return nullable(node.aggtype, "unknown-function", "the aggregate");
  const parts = aggregateParts(node, fn, scope, analysis);
  const value = (isNullable: boolean, because: Value["because"]) =>
    new Value(node.aggtype, isNullable, because, parts);
  const kind = aggregateKind(fn);
  if (kind === "count") return value(false, reason("counts", fn.name));
  if (kind === "unknown")
    return value(true, reason(fn.builtIn ? "partial-function" : "unknown-function", fn.name));
  if (node.agglevelsup > 0) return value(true, reason("no-input", fn.name));
  // percentile_cont(array) gives an array of results; with a NULL fraction the result is NULL.
  for (const arg of node.aggdirectargs) {
    const direct = analysis.value(arg, scope);
    if (direct.nullable) return value(true, reason("null-argument", fn.name, direct.because));
  }
  const doubt = doubtAboutInput(node, kind, fn.name, scope, analysis);
  if (doubt === null) return value(false, reason("group-has-rows", fn.name));
  const shown = shownInput(node, kind, scope, analysis);
  return shown ? value(false, reason("condition-input", fn.name, shown)) : value(true, doubt);
}

/** Says why an aggregate of a group may have nothing to take in, or of aggregates that are not of rows, nothing but NULL; null where it has. */
function doubtAboutInput(
  node: Aggref,
  kind: "row" | "value",
  name: string,
  scope: Scope,
  analysis: TreeAnalysis,
): Reason | null {
  if (!everyGroupHasRows(scope.query) && !hasCertainInput(scope, analysis)) return reason("no-input", name);
  if (node.aggfilter && !alwaysHolds(node.aggfilter, scope, analysis)) return reason("filtered-input", name);
  if (kind === "row") return null;
  const [input] = node.args;
  if (!input) return reason("no-input", name);
  const found = analysis.value(input.expr, aggregatedRows(node, scope, analysis));
  return found.nullable ? reason("null-input", name, found.because) : null;
}

/**
 * The condition that shows an aggregate to take in a row of each group, and, unless it is of rows, one in which its argument is not NULL;
 * null where none does, or it is proven as it stands.
 */
function shownInput(
  node: Aggref,
  kind: "row" | "value",
  scope: Scope,
  analysis: TreeAnalysis,
): Reason | null {
  const { aggfilter, args } = node;
  const input = args[0]?.expr;
  const rows = groupRows(scope, analysis);
  if (input === undefined || rows.length === 0) return null;
  const key = (expr: Expression | null) => expr && expressionKey(expr, analysis.catalog);
  if (scope.provenExpressions.has(key(node) ?? "")) return null;
  const filter = key(aggfilter);
  const found = rows.find(
    (row) =>
      (aggfilter === null || (filter !== null && filter === key(row.filter))) &&
      (kind === "row" || !analysis.value(input, row.scope).nullable),
  );
  return found?.because ?? null;
}

/** The level as the rows see it that an aggregate takes in. */
export function aggregatedRows(node: Aggref, scope: Scope, analysis: TreeAnalysis): Scope {
  return analysis.where(node.aggfilter, scope.everyRow ?? scope, "condition-filter");
}

/** Tells whether a condition is true in every row: it says no more than what is known. */
export function alwaysHolds(condition: Expression, scope: Scope, analysis: TreeAnalysis): boolean {
  const rows = scope.everyRow ?? scope;
  if (condition.kind === "BoolExpr" && condition.boolop === "AND_EXPR")
    return condition.args.every((arg) => alwaysHolds(arg, rows, analysis));
  return (
    condition.kind === "NullTest" &&
    condition.nulltesttype === "IS_NOT_NULL" &&
    !condition.argisrow &&
    !analysis.value(condition.arg, rows).nullable
  );
}

function aggregateParts(node: Aggref, fn: RawFunction, scope: Scope, analysis: TreeAnalysis): Parts {
  // Of an outer level's aggregate the arguments belong there too.
  const input = node.args[0]?.expr;
  if (fn.schema !== "pg_catalog" || !input || node.agglevelsup > 0) return {};
  if (fn.name === "array_agg") {
    const element = () => analysis.value(input, aggregatedRows(node, scope, analysis));
    const isArray = () => analysis.catalog.type(element().type)?.kind === "array";
    return {
      // Arrays are put together to a matrix; one that is NULL is an error.
      elements: () => (isArray() ? element().elements : element().withoutOrigin()),
      dimensions: () => {
        return isArray() ? (element().dimensions ?? 1) + 1 : 1;
      },
    };
  }
  const rows = aggregatedRows(node, scope, analysis);
  if (ONE_OF_INPUT.has(fn.name)) return partsOf(passedThroughArgument(input, node.aggtype, rows, analysis));
  return { shape: () => jsonAggregateShape(argumentsOf(node), fn.name, rows, analysis) };
}

/** Aggregates that give one of the values that they take in. */
const ONE_OF_INPUT = new Set(["any_value", "mode"]);
/** Window functions that give the value of another row, or else their third argument. */
const OF_ANOTHER_ROW = new Set(["first_value", "last_value", "nth_value", "lag", "lead"]);

const passedThroughArgument =
  (arg: Expression, type: Oid, rows: Scope, analysis: TreeAnalysis): (() => Value) =>
  () =>
    passedThrough(nullable(type, "unproven"), [analysis.value(arg, rows)]);

function partsOf(value: () => Value): Parts {
  return {
    elements: () => value().elements,
    dimensions: () => value().dimensions,
    attributes: () => value().attributes,
    shape: () => value().shape,
  };
}

/** GROUP BY makes no empty group; without it, or with a grouping set `()`, an aggregate runs over no row too. */
function everyGroupHasRows({ groupClause, groupingSets }: Query): boolean {
  if (groupClause.length === 0) return false;
  // Items beside each other are multiplied: a set that is never empty makes all products so.
  return groupingSets.length === 0 || groupingSets.some(hasNoEmptySet);
}

function hasNoEmptySet(set: GroupingSet): boolean {
  if (set.groupingSetKind === "GROUPING_SET_SIMPLE") return true;
  return (
    set.groupingSetKind === "GROUPING_SET_SETS" &&
    set.content.every((inner) => typeof inner !== "number" && hasNoEmptySet(inner))
  );
}

/** Frame flags of parsenodes.h. */
const FRAME = {
  startUnboundedPreceding: 0x20,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
} as const;

export function windowFunction(node: WindowFunc, scope: Scope, analysis: TreeAnalysis): Value {
  const fn = analysis.catalog.function(node.winfnoid);
  if (fn?.schema !== "pg_catalog") return nullable(node.wintype, "unknown-function", fn?.name);
  const rows = scope.everyRow ?? scope;
  const value = (isNullable: boolean, because: Value["because"]) =>
    new Value(node.wintype, isNullable, because, windowParts(node, fn.name, rows, analysis));
  const kind = aggregateKind(fn);
  if (kind === "count") return value(false, reason("counts", fn.name));
  const args = node.args.map((arg) => analysis.value(arg, rows));
  const culprit = args.find((arg) => arg.nullable);
  const byArgument = (arg: Value | undefined) =>
    arg && !arg.nullable
      ? value(false, reason("frame-has-row", fn.name))
      : value(true, reason("null-argument", fn.name, arg?.because));
  switch (fn.name) {
    case "ntile":
      return byArgument(args[0]);
    case "lag":
    case "lead":
      if (args.length < 3) return value(true, reason("neighbouring-row", fn.name));
      return culprit ? byArgument(culprit) : value(false, reason("total-function", fn.name));
    case "nth_value":
      return value(true, reason("neighbouring-row", fn.name));
    case "first_value":
    case "last_value":
      return frameHoldsCurrentRow(node, scope)
        ? byArgument(args[0])
        : value(true, reason("empty-frame", fn.name));
    default:
      if (kind === "unknown") return value(true, reason("partial-function", fn.name));
      if (node.aggfilter) return value(true, reason("filtered-input", fn.name));
      if (!frameHoldsCurrentRow(node, scope)) return value(true, reason("empty-frame", fn.name));
      return kind === "value" ? byArgument(args[0]) : value(false, reason("frame-has-row", fn.name));
  }
}

function windowParts(node: WindowFunc, name: string, rows: Scope, analysis: TreeAnalysis): Parts {
  if (!OF_ANOTHER_ROW.has(name) && !ONE_OF_INPUT.has(name))
    return { shape: () => jsonAggregateShape(argumentsOf(node), name, rows, analysis) };
  const given = name === "lag" || name === "lead" ? [0, 2] : [0];
  return partsOf(() =>
    passedThrough(
      nullable(node.wintype, "unproven"),
      given.flatMap((i) => node.args[i] ?? []).map((arg) => analysis.value(arg, rows)),
    ),
  );
}

function frameHoldsCurrentRow(node: WindowFunc, scope: Scope): boolean {
  const clause = scope.query.windowClause.find((c) => c.winref === node.winref);
  if (!clause) return false;
  const flags = clause.frameOptions;
  const starts = flags & (FRAME.startUnboundedPreceding | FRAME.startCurrentRow | FRAME.startOffsetPreceding);
  const ends = flags & (FRAME.endUnboundedFollowing | FRAME.endCurrentRow | FRAME.endOffsetFollowing);
  return starts !== 0 && ends !== 0 && (flags & (FRAME.excludeCurrentRow | FRAME.excludeGroup)) === 0;
}
