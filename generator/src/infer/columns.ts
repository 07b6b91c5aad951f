import type {
  CommonTableExpr,
  CteEntry,
  Expression,
  Query,
  RangeTblEntry,
  TableFuncEntry,
  ValuesEntry,
} from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { isNullConstant } from "./constants.ts";
import { aliasName, columnNames, findCte, outputEntries, rteOf, type Scope } from "./scope.ts";
import { functionColumn } from "./set-functions.ts";
import { type AttributeValue, either, notNull, nullable, reason, Value } from "./value.ts";

/** A column of a range-table entry, in a row that is there. */
export function columnOf(scope: Scope, varno: number, attno: number, analysis: TreeAnalysis): Value {
  const rte = rteOf(scope, varno);
  if (!rte) return nullable(0, "unproven", "the column");
  if (attno === 0)
    return notNull(0, "whole-row", undefined, {
      attributes: () => rowAttributes(scope, varno, rte, analysis),
    });
  if (attno < 0) return notNull(0, "system-column", SYSTEM_COLUMNS[-attno]);
  switch (rte.rtekind) {
    case "RTE_RELATION":
      return analysis.facts.column(rte.relid, attno);
    case "RTE_SUBQUERY":
      return analysis.outputs(rte.subquery, scope)[attno - 1] ?? unknown(rte, attno);
    case "RTE_JOIN":
      return fromExpression(rte.joinaliasvars[attno - 1], scope, analysis, rte, attno);
    case "RTE_GROUP":
      return fromExpression(rte.groupexprs[attno - 1], scope, analysis, rte, attno);
    case "RTE_FUNCTION":
      return functionColumn(rte, attno, scope, analysis);
    case "RTE_VALUES":
      return valuesColumn(rte, attno, scope, analysis);
    case "RTE_CTE":
      return cteColumn(rte, attno, scope, analysis);
    case "RTE_TABLEFUNC":
      return tableFunctionColumn(rte, attno);
    default:
      return unknown(rte, attno);
  }
}

/** A column of XMLTABLE or JSON_TABLE. */
function tableFunctionColumn(rte: TableFuncEntry, attno: number): Value {
  const { ordinalitycol, notnulls, plan, colvalexprs } = rte.tablefunc;
  const column = attno - 1;
  // Numbers of nested rows are NULL in rows of another path.
  const isNumber =
    plan?.kind === "JsonTablePathScan"
      ? column >= plan.colMin && column <= plan.colMax && colvalexprs?.[column] === null
      : column === ordinalitycol;
  if (isNumber) return notNull(0, "known-rows", "FOR ORDINALITY");
  return notnulls.includes(column) ? notNull(0, "known-rows", aliasName(rte)) : nullable(0, "json-path");
}

const SYSTEM_COLUMNS = ["", "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];

function unknown(rte: RangeTblEntry, attno: number): Value {
  return nullable(0, "unproven", columnNames(rte)[attno - 1]);
}

function fromExpression(
  expr: Expression | null | undefined,
  scope: Scope,
  analysis: TreeAnalysis,
  rte: RangeTblEntry,
  attno: number,
): Value {
  return expr ? analysis.value(expr, scope) : unknown(rte, attno);
}

function valuesColumn(rte: ValuesEntry, attno: number, scope: Scope, analysis: TreeAnalysis): Value {
  let found: Value | null = null;
  for (const row of rte.values_lists) {
    const cell = row[attno - 1];
    if (!cell) return unknown(rte, attno);
    const value = analysis.value(cell, scope);
    found = found ? either(found, value) : value.withoutOrigin();
  }
  return found ?? unknown(rte, attno);
}

function cteColumn(rte: CteEntry, attno: number, scope: Scope, analysis: TreeAnalysis): Value {
  const found = findCte(scope, rte);
  if (!found) return unknown(rte, attno);
  const { cte } = found;
  // The self-reference of a recursive CTE; an inner CTE of the same name is found before it.
  if (rte.self_reference) return scope.recursion.get(cte.ctename)?.[attno - 1] ?? unknown(rte, attno);
  const columns = cteColumns(cte, found.scope, analysis);
  const own = columns[attno - 1];
  if (own) return own;
  // SEARCH and CYCLE clauses add columns of their own behind the query's.
  const cycle = cte.cycle_clause;
  const marksWithNull =
    cycle !== null && [cycle.cycle_mark_value, cycle.cycle_mark_default].some(isNullConstant);
  return marksWithNull ? nullable(0, "mark-value") : notNull(0, "known-rows", cte.ctename);
}

/** The columns of a CTE's own query. */
export function cteColumns(cte: CommonTableExpr, owner: Scope, analysis: TreeAnalysis): readonly Value[] {
  const query = cte.ctequery;
  return cte.cterecursive
    ? analysis.recursiveOutputs(cte.ctename, query, owner)
    : analysis.outputs(query, owner);
}

/** The columns of a row as the attributes of its composite value; null where the entry has none to tell. */
function rowAttributes(
  scope: Scope,
  varno: number,
  rte: RangeTblEntry,
  analysis: TreeAnalysis,
): readonly (AttributeValue | null)[] | null {
  if (rte.rtekind === "RTE_RELATION") return analysis.facts.attributes(rte.relid);
  if (rte.rtekind !== "RTE_SUBQUERY" && rte.rtekind !== "RTE_CTE" && rte.rtekind !== "RTE_VALUES")
    return null;
  const width = rte.rtekind === "RTE_SUBQUERY" ? outputEntries(rte.subquery).length : columnNames(rte).length;
  const names = columnNames(rte);
  return Array.from({ length: width }, (_, i) => ({
    name: names[i] ?? "",
    value: analysis.column(scope, varno, i + 1),
  }));
}

/** Least fixed point: nothing is nullable until some round shows that it is. */
export function settleRecursion(
  name: string,
  query: Query,
  owner: Scope,
  analysis: TreeAnalysis,
): readonly Value[] {
  // Around it other rounds may be under way: what one of them came to is where the next begins.
  let assumed = analysis.settled.get(query) ?? outputEntries(query).map(() => notNull(0, "known-rows", name));
  for (;;) {
    const round = analysis.outputs(query, owner, new Map([...owner.recursion, [name, assumed]]));
    const next = round.map((value, i) =>
      assumed[i]?.nullable && !value.nullable ? value.decidedBy(true, reason("unproven", name)) : value,
    );
    if (next.every((value, i) => value.nullable === assumed[i]?.nullable)) return next;
    assumed = next.map((value) => new Value(value.type, value.nullable, value.because));
    analysis.settled.set(query, assumed);
  }
}
