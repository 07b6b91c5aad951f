import type { RawRelation } from "../postgres/catalog-objects.ts";
import type { TargetEntry, Var } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantsOf, type KnownRow, provenByChecks } from "./checks.ts";
import { withoutRelabel } from "./operators.ts";
import { conditionsOf } from "./present-rows.ts";
import { aliasName, rteOf, type Scope, variableKey } from "./scope.ts";
import { either, notNull, reason, Value } from "./value.ts";

/**
 * A variable where RETURNING sees it: after the command, of rows that it changed.
 * @returns null where the row is as the predicates saw it
 */
export function returnedVariable(node: Var, scope: Scope, analysis: TreeAnalysis): Value | null {
  const { query } = scope;
  if (!scope.isReturning) return null;
  const isTarget = node.varno === query.resultRelation;
  if (
    query.commandType === "CMD_MERGE" &&
    !isTarget &&
    query.mergeActionList.some((action) => action.matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE")
  ) {
    return analysis.column(scope, node.varno, node.varattno).decidedBy(true, reason("merge-unmatched"));
  }
  if (!isTarget) return null;
  const rte = rteOf(scope, node.varno);
  const name = rte ? aliasName(rte) : "";
  const relation = rte?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
  // A view's triggers and a rule's own RETURNING give whatever they like: no column's value, then.
  if (!relation || relation.hasRules) return rewritten(node, scope, name, analysis);
  const stored = analysis.column(scope, node.varno, node.varattno);
  const version = node.varreturningtype ?? "VAR_RETURNING_DEFAULT";
  const command = query.commandType;
  // The version of the row that a command does not have is all NULL.
  if (version === "VAR_RETURNING_OLD" && command !== "CMD_UPDATE" && command !== "CMD_DELETE")
    return stored.decidedBy(true, reason("no-old-row", name));
  if (version === "VAR_RETURNING_NEW" && command !== "CMD_UPDATE" && command !== "CMD_INSERT")
    return stored.decidedBy(true, reason("no-new-row", name));
  if (relation.kind === "view")
    return throughView(relation, node.varattno, analysis) ?? rewritten(node, scope, name, analysis);
  if (command === "CMD_DELETE") return null;
  if (node.varattno <= 0)
    return notNull(node.vartype, "whole-row", undefined, { attributes: () => stored.attributes });
  if (!stored.nullable || version === "VAR_RETURNING_OLD" || command === "CMD_MERGE") return stored;
  const assigned = assignedValue(node.varattno, relation, scope, analysis);
  if (assigned && !assigned.nullable) {
    return stored.decidedBy(false, reason("assigned", undefined, assigned.because));
  }
  const check = provenByChecks(relation, storedRow(relation, scope, analysis), analysis).get(node.varattno);
  return check === undefined ? stored : stored.decidedBy(false, reason("condition-check", check));
}

/** Gives what is known of the row that the command stores: what it assigns, and what WHERE says of the rest. */
function storedRow(relation: RawRelation, scope: Scope, analysis: TreeAnalysis): KnownRow {
  const { query } = scope;
  const isUpdate = query.commandType === "CMD_UPDATE";
  const change = isUpdate ? "update" : "insert";
  const before = analysis.beforeCommand(scope.everyRow ?? scope);
  const found = constantsOf(conditionsOf(before), analysis);
  return {
    constant: (attno) => {
      if (query.onConflict || isComputed(attno, relation)) return undefined;
      if (!analysis.facts.keepsAssigned(relation, attno, change)) return undefined;
      const entry = entryFor(query.targetList, attno);
      if (!entry) return isUpdate ? found.get(`${query.resultRelation}.${attno}`) : undefined;
      const assigned = withoutRelabel(entry.expr);
      return assigned.kind === "Const" ? assigned : undefined;
    },
    isNotNull: (attno) =>
      !analysis.facts.column(relation.oid, attno).nullable ||
      assignedValue(attno, relation, scope, analysis)?.nullable === false,
  };
}

/** A column of a view in a row that was written through it: its table's column counts, not what the view filters. */
function throughView({ viewQuery }: RawRelation, attno: number, analysis: TreeAnalysis): Value | null {
  const expr = viewQuery?.targetList.find((entry) => entry.resno === attno)?.expr;
  if (expr?.kind !== "Var" || expr.varlevelsup !== 0) return null;
  const rte = viewQuery?.rtable[expr.varno - 1];
  const base = rte?.rtekind === "RTE_RELATION" ? analysis.catalog.relation(rte.relid) : undefined;
  if (!base || base.hasRules) return null;
  if (base.kind === "view") return throughView(base, expr.varattno, analysis);
  return base.kind === "table" || base.kind === "partitioned table"
    ? analysis.facts.column(base.oid, expr.varattno)
    : null;
}

/** Of a whole row the attributes are known, but nothing of them. */
function rewritten(node: Var, scope: Scope, name: string, analysis: TreeAnalysis): Value {
  const because = reason("rewritten-returning", name);
  const attributes = () =>
    analysis
      .column(scope, node.varno, 0)
      .attributes?.map((own) => own && { name: own.name, value: new Value(own.value.type, true, because) }) ??
    null;
  return new Value(node.vartype, true, because, node.varattno === 0 ? { attributes } : {});
}

/** Gives what the command leaves in a column of its target; null where a trigger may have another mind. */
function assignedValue(
  attno: number,
  relation: RawRelation,
  scope: Scope,
  analysis: TreeAnalysis,
): Value | null {
  if (isComputed(attno, relation)) return null;
  const { query } = scope;
  const isUpdate = query.commandType === "CMD_UPDATE";
  const rows = scope.everyRow ?? scope;
  const before: Scope = analysis.beforeCommand(rows);
  const entry = entryFor(query.targetList, attno);
  if (!analysis.facts.keepsAssigned(relation, attno, isUpdate ? "update" : "insert")) return null;
  const given =
    entry &&
    (entry.expr.kind === "SetToDefault"
      ? analysis.facts.defaultValue(relation, attno)
      : analysis.value(entry.expr, before));
  if (isUpdate) return entry ? (given ?? null) : unchanged(attno, before, analysis);
  const inserted = given ?? analysis.facts.defaultValue(relation, attno);
  if (query.onConflict?.action !== "ONCONFLICT_UPDATE") return inserted;
  if (!inserted || !analysis.facts.keepsAssigned(relation, attno, "update")) return null;
  const updated = entryFor(query.onConflict.onConflictSet, attno)?.expr;
  return either(
    inserted,
    updated ? analysis.value(updated, before) : analysis.facts.column(relation.oid, attno),
  );
}

/** A generated column is computed anew by each command. */
function isComputed(attno: number, relation: RawRelation): boolean {
  return (relation.columns.get(attno)?.generated ?? null) !== null;
}

function entryFor(list: readonly TargetEntry[], attno: number): TargetEntry | undefined {
  return list.find((entry) => entry.resno === attno && !entry.resjunk);
}

/** A column that UPDATE does not set: what WHERE proves of it still holds. */
function unchanged(attno: number, scope: Scope, analysis: TreeAnalysis): Value {
  const varno = scope.query.resultRelation;
  const stored = analysis.column(scope, varno, attno);
  const proof = scope.proven.get(variableKey({ varno, varattno: attno }));
  return proof ? stored.decidedBy(false, proof) : stored;
}
