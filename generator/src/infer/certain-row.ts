import type { RowFact, RowReason, RowReasonCode } from "../model/row-count.ts";
import type {
  Expression,
  GroupingSet,
  Query,
  RangeTblEntry,
  RangeTblRef,
  SetOperand,
} from "../postgres/tree/node-types.ts";
import { everyNode } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantBoolean, constantInteger, isNullConstant } from "./constants.ts";
import { isOf, matchingForeignKey } from "./foreign-keys.ts";
import { conjuncts } from "./present-rows.ts";
import { aliasName, type FromItem, findCte, openScope, rteOf, type Scope } from "./scope.ts";
import { writtenTable } from "./written-table.ts";

/**
 * Tells whether a query delivers at least one row, whatever the tables hold. `TreeAnalysis.certainRow` remembers it.
 * @param parent the level around it
 */
export function certainRow(query: Query, parent: Scope | null, analysis: TreeAnalysis): RowFact {
  const limited = limitedAway(query, analysis);
  if (limited) return limited;
  if (query.commandType !== "CMD_SELECT" && query.returningList.length === 0) return no("returns-nothing");
  const scope = openScope(query, parent);
  // Of INSERT too: `values (generate_series(1, 0))` is no row.
  if (query.hasTargetSRFs) return no("set-function");
  if (query.commandType === "CMD_INSERT") return insertedRow(scope, analysis);
  if (query.commandType !== "CMD_SELECT") return no("changes-found", COMMANDS[query.commandType]);
  // Another may have changed such a row meanwhile.
  if (query.rowMarks.length > 0) return no("locked-rows");
  if (query.setOperations) return armRow(query.setOperations, scope, analysis);
  if (!isTrue(query.havingQual)) return no("conditional-row", "HAVING", query.havingQual, analysis);
  if (query.groupClause.length === 0 && query.groupingSets.length === 0) {
    // HAVING alone makes one group of all rows, too.
    if (query.hasAggs || query.havingQual) return yes("lone-aggregate");
  }
  if (query.groupingSets.length > 0 && query.groupingSets.every(hasEmptySet))
    return yes("empty-grouping-set");
  return query.jointree ? itemRow(query.jointree, scope, analysis) : no("unknown");
}

const COMMANDS: Readonly<Partial<Record<Query["commandType"], string>>> = {
  CMD_UPDATE: "UPDATE",
  CMD_DELETE: "DELETE",
  CMD_MERGE: "MERGE",
};

function yes(code: RowReasonCode, subject?: string): RowFact {
  return { holds: true, because: subject === undefined ? { code } : { code, subject } };
}

function no(
  code: RowReasonCode,
  subject?: string,
  node?: Expression | null,
  analysis?: TreeAnalysis,
): RowFact {
  const because: RowReason = subject === undefined ? { code } : { code, subject };
  return { holds: false, because: node && analysis ? analysis.located(because, node) : because };
}

/** GROUP BY is the product of what stands in it: only where each has the empty set, that is one of its sets. */
function hasEmptySet({ groupingSetKind, content }: GroupingSet): boolean {
  switch (groupingSetKind) {
    case "GROUPING_SET_EMPTY":
    case "GROUPING_SET_ROLLUP":
    case "GROUPING_SET_CUBE":
      return true;
    case "GROUPING_SET_SETS":
      return content.some((set) => typeof set !== "number" && hasEmptySet(set));
    case "GROUPING_SET_SIMPLE":
      return false;
  }
}

function armRow(node: SetOperand, scope: Scope, analysis: TreeAnalysis): RowFact {
  if (node.kind === "RangeTblRef") {
    const rte = rteOf(scope, node.rtindex);
    return rte ? entryRow(rte, scope, analysis) : no("unknown");
  }
  if (node.op !== "SETOP_UNION")
    return no("common-rows", node.op === "SETOP_EXCEPT" ? "EXCEPT" : "INTERSECT");
  const arms = [node.larg, node.rarg].map((arm) => armRow(arm, scope, analysis));
  return arms.some(({ holds }) => holds) ? yes("certain-arm") : arms[0]!;
}

/** An INSERT stores and returns each row of its source, unless something may swallow it. What policies refuse is an error. */
function insertedRow(scope: Scope, analysis: TreeAnalysis): RowFact {
  const { query } = scope;
  const rte = rteOf(scope, query.resultRelation);
  const named = rte?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
  const relation = writtenTable(named, analysis.catalog);
  if (!relation) return no("rewritten-command", named?.name ?? "INSERT");
  if (relation.kind === "foreign table" || relation.hasForeignPartitions)
    return no("foreign-rows", relation.name);
  if (query.onConflict?.action === "ONCONFLICT_NOTHING" || query.onConflict?.onConflictWhere)
    return no("conflict-suppresses");
  const events = query.onConflict ? ["insert", "update"] : ["insert"];
  if (
    relation.triggers.some(
      (trigger) => trigger.mayDropRow && trigger.events.some((event) => events.includes(event)),
    )
  )
    return no("trigger-suppresses", relation.name);
  const source = query.jointree ? itemRow(query.jointree, scope, analysis) : no("unknown");
  return source.holds ? yes("stored-rows") : source;
}

/** Tells whether the join of all that stands in it has a row. */
export function itemRow(item: FromItem, scope: Scope, analysis: TreeAnalysis): RowFact {
  switch (item.kind) {
    case "RangeTblRef": {
      const rte = rteOf(scope, item.rtindex);
      return rte ? entryRow(rte, scope, analysis) : no("unknown");
    }
    case "FromExpr":
      if (!isTrue(item.quals))
        return keptByKeys(item, scope, analysis) ?? no("conditional-row", "WHERE", item.quals, analysis);
      return allOf(item.fromlist.map((child) => () => itemRow(child, scope, analysis)));
    case "JoinExpr": {
      const left = () => itemRow(item.larg, scope, analysis);
      const right = () => itemRow(item.rarg, scope, analysis);
      if (item.jointype === "JOIN_LEFT") return left();
      if (item.jointype === "JOIN_RIGHT") return right();
      if (item.jointype === "JOIN_FULL") {
        const found = left();
        return found.holds ? found : right();
      }
      if (!isTrue(item.quals))
        return keptByKeys(item, scope, analysis) ?? no("conditional-row", "ON", item.quals, analysis);
      return allOf([left, right]);
    }
  }
}

/** A join of which each row is there since foreign keys refer to it: from a level around this one, and from there on. Null for any other. */
function keptByKeys(item: FromItem, scope: Scope, analysis: TreeAnalysis): RowFact | null {
  const { parts, conditions } = joined(item);
  let open = parts.filter((part) => !itemRow(part, scope, analysis).holds);
  let asked = conditions.filter((condition) => !isTrue(condition));
  let key: string | null = null;
  for (;;) {
    const step = open.flatMap((part) => nextByKey(part, open, asked, scope, analysis) ?? [])[0];
    if (!step) break;
    key ??= step.key;
    open = open.filter((part) => part !== step.part);
    asked = asked.filter((condition) => !step.conditions.includes(condition));
  }
  return key !== null && open.length === 0 && asked.length === 0 ? yes("foreign-key", key) : null;
}

/** The parts that inner joins put together, whatever outer joins add to them, and all conditions that are asked of them. */
function joined(item: FromItem): { readonly parts: FromItem[]; readonly conditions: Expression[] } {
  const all = (items: readonly FromItem[], quals: Expression | null) => {
    const inner = items.map(joined);
    return {
      parts: inner.flatMap(({ parts }) => parts),
      conditions: [...inner.flatMap(({ conditions }) => conditions), ...conjuncts(quals)],
    };
  };
  if (item.kind === "FromExpr") return all(item.fromlist, item.quals);
  if (item.kind === "RangeTblRef") return { parts: [item], conditions: [] };
  switch (item.jointype) {
    case "JOIN_INNER":
      return all([item.larg, item.rarg], item.quals);
    case "JOIN_LEFT":
      return joined(item.larg);
    case "JOIN_RIGHT":
      return joined(item.rarg);
    default:
      return { parts: [item], conditions: [] };
  }
}

/** The key by which a part has a row for those that are there already, and the conditions that ask for it. */
function nextByKey(
  part: FromItem,
  open: readonly FromItem[],
  asked: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): { readonly part: FromItem; readonly key: string; readonly conditions: readonly Expression[] } | null {
  if (part.kind !== "RangeTblRef") return null;
  const isAbout = (condition: Expression, { rtindex }: RangeTblRef): boolean =>
    everyNode(condition).some((node) => node.kind === "Var" && isOf(node, rtindex));
  const others = open.filter((one) => one.kind === "RangeTblRef" && one !== part) as RangeTblRef[];
  const conditions = asked.filter(
    (condition) => isAbout(condition, part) && !others.some((other) => isAbout(condition, other)),
  );
  const match = matchingForeignKey(part, conditions, scope, analysis);
  return match && { part, key: match.key.name, conditions };
}

function allOf(parts: readonly (() => RowFact)[]): RowFact {
  for (const part of parts) {
    const found = part();
    if (!found.holds) return found;
  }
  return yes("rows-given");
}

function entryRow(rte: RangeTblEntry, scope: Scope, analysis: TreeAnalysis): RowFact {
  switch (rte.rtekind) {
    case "RTE_VALUES":
    case "RTE_RESULT":
      return yes("rows-given");
    case "RTE_SUBQUERY":
      return given(analysis.certainRow(rte.subquery, scope));
    case "RTE_CTE": {
      const found = rte.self_reference ? null : findCte(scope, rte);
      return found ? given(analysis.certainRow(found.cte.ctequery, found.scope)) : no("unknown");
    }
    case "RTE_FUNCTION":
      // One that returns no set gives exactly one row.
      return rte.functions.some(({ funcexpr }) => !(funcexpr.kind === "FuncExpr" && funcexpr.funcretset))
        ? yes("rows-given")
        : no("set-function");
    case "RTE_RELATION": {
      const relation = rte.tablesample ? undefined : analysis.catalog.relation(rte.relid);
      // A materialized view has what its query gave at another time.
      const view = relation?.kind === "view" ? relation.viewQuery : null;
      return view && analysis.certainRow(view, null).holds ? yes("rows-given") : mayBeEmpty(rte, analysis);
    }
    default:
      return mayBeEmpty(rte, analysis);
  }
}

function mayBeEmpty(rte: RangeTblEntry, analysis: TreeAnalysis): RowFact {
  const subject = aliasName(rte);
  return { holds: false, because: analysis.ofRelation({ code: "may-be-empty", subject }, subject) };
}

/** Gives what holds of a part, for what reads it. */
function given(fact: RowFact): RowFact {
  return fact.holds ? yes("rows-given") : fact;
}

export function isTrue(condition: Expression | null): boolean {
  return condition === null || constantBoolean(condition) === true;
}

/** Gives what LIMIT and OFFSET may take away, where they are not constants that leave a first row. */
function limitedAway({ limitCount, limitOffset }: Query, analysis: TreeAnalysis): RowFact | null {
  if (!isPositiveLimit(limitCount)) return no("limit-none", "LIMIT", limitCount, analysis);
  if (limitOffset && constantInteger(withoutImplicitCast(limitOffset)) !== 0n)
    return no("limit-none", "OFFSET", limitOffset, analysis);
  return null;
}

/** No LIMIT, or a constant one above zero. */
function isPositiveLimit(limit: Expression | null): boolean {
  if (limit === null) return true;
  const constant = withoutImplicitCast(limit);
  // LIMIT NULL is no limit. Any function of a constant may be zero, and so may a fraction, rounded.
  return isNullConstant(constant) || (constantInteger(constant) ?? 0n) > 0n;
}

/** Takes off the cast by which LIMIT makes a bigint of an integer. */
export function withoutImplicitCast(expr: Expression): Expression {
  const [arg] = expr.kind === "FuncExpr" && expr.funcformat === "COERCE_IMPLICIT_CAST" ? expr.args : [];
  return arg ?? expr;
}
