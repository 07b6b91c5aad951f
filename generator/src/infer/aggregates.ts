import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import type { Nullability } from "./nullability.ts";
import type { Scope } from "./scope.ts";
import { aggregateKind } from "./total-functions.ts";

export function aggregateIsNullable(expr: Node, scope: Scope, nullability: Nullability): boolean {
  const fn = nullability.catalog.function(asNumber(expr.aggfnoid));
  if (!fn) return true;
  const kind = aggregateKind(fn);
  if (kind === "count") return false;
  if (kind === "unknown" || asNumber(expr.agglevelsup) > 0 || asNode(expr.aggfilter)) return true;
  if (!everyGroupHasRows(scope.query)) return true;
  if (kind === "row") return false;
  // percentile_cont(array) gives an array of results; with a NULL fraction the result is NULL.
  if (asNodes(expr.aggdirectargs).some((arg) => nullability.expression(arg, scope))) return true;
  const input = asNode(asNodes(expr.args)[0]?.expr);
  return !input || nullability.expression(input, aggregatedRows(expr, scope, nullability));
}

/** The level as the rows see it that an aggregate takes in. */
export function aggregatedRows(expr: Node, scope: Scope, nullability: Nullability): Scope {
  return nullability.where(asNode(expr.aggfilter), scope.everyRow ?? scope);
}

/** GROUP BY makes no empty group; without it, or with a grouping set `()`, an aggregate runs over no row too. */
function everyGroupHasRows(query: Node): boolean {
  if (asNodes(query.groupClause).length === 0) return false;
  const sets = asNodes(query.groupingSets);
  // Items beside each other are multiplied: a set that is never empty makes all products so.
  return sets.length === 0 || sets.some(hasNoEmptySet);
}

/** GROUPING_SET_EMPTY 0, SIMPLE 1, ROLLUP 2, CUBE 3, SETS 4. */
function hasNoEmptySet(set: Node): boolean {
  const kind = asNumber(set.kind);
  if (kind === 1) return true;
  return kind === 4 && asNodes(set.content).every(hasNoEmptySet);
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

const ALWAYS = new Set(["row_number", "rank", "dense_rank", "percent_rank", "cume_dist"]);

export function windowIsNullable(expr: Node, scope: Scope, nullability: Nullability): boolean {
  const fn = nullability.catalog.function(asNumber(expr.winfnoid));
  if (fn?.schema !== "pg_catalog") return true;
  const args = asNodes(expr.args);
  const rows = scope.everyRow ?? scope;
  const nullable = (arg: Node | undefined) => !arg || nullability.expression(arg, rows);
  if (ALWAYS.has(fn.name) || aggregateKind(fn) === "count") return false;
  switch (fn.name) {
    case "ntile":
      return nullable(args[0]);
    case "lag":
    case "lead":
      return args.length < 3 || args.some(nullable);
    case "first_value":
    case "last_value":
      return !frameHoldsCurrentRow(expr, scope) || nullable(args[0]);
    default: {
      const kind = aggregateKind(fn);
      if (kind === "unknown" || asNode(expr.aggfilter) || !frameHoldsCurrentRow(expr, scope)) return true;
      return kind === "value" && nullable(args[0]);
    }
  }
}

function frameHoldsCurrentRow(expr: Node, scope: Scope): boolean {
  const clause = asNodes(scope.query.windowClause).find((c) => c.winref === expr.winref);
  if (!clause) return false;
  const flags = asNumber(clause.frameOptions);
  const starts = flags & (FRAME.startUnboundedPreceding | FRAME.startCurrentRow | FRAME.startOffsetPreceding);
  const ends = flags & (FRAME.endUnboundedFollowing | FRAME.endCurrentRow | FRAME.endOffsetFollowing);
  return starts !== 0 && ends !== 0 && (flags & (FRAME.excludeCurrentRow | FRAME.excludeGroup)) === 0;
}
