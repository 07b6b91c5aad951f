import type { RawRelation } from "../postgres/catalog-reader.ts";
import { asList, asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";
import { columnIsNullable } from "./columns.ts";
import type { Nullability } from "./nullability.ts";
import { COMMAND, JOIN, rteOf, type Scope, scopeOf, variableKey } from "./scope.ts";

/** Whether an occurrence of a variable can be NULL: its column, and what happens to the row on the way to that place. */
export function variableIsNullable(variable: Node, from: Scope, nullability: Nullability): boolean {
  const scope = scopeOf(from, asNumber(variable.varlevelsup));
  if (!scope) return true;
  const key = variableKey(variable);
  const varno = asNumber(variable.varno);
  const returning = returned(variable, scope, nullability);
  if (returning !== null) return returning;
  if (nulledByGrouping(scope)) return true;
  if (scope.proven.has(key)) return false;
  if (nulledByJoin(variable, scope)) return true;
  return columnIsNullable(scope, varno, asNumber(variable.varattno), nullability);
}

/** What a RETURNING list can see of rows that were changed after the predicates looked at them; null where nothing is special. */
function returned(variable: Node, scope: Scope, nullability: Nullability): boolean | null {
  const command = asNumber(scope.query.commandType);
  if (command === COMMAND.select) return null;
  const varno = asNumber(variable.varno);
  const attno = asNumber(variable.varattno);
  const version = asNumber(variable.varreturningtype);
  if (command === COMMAND.merge) {
    // WHEN NOT MATCHED BY SOURCE: rows of the target that have no source row.
    const unmatched = asNodes(scope.query.mergeActionList).some((a) => asNumber(a.matchKind) === 1);
    const isTarget = varno === asNumber(scope.query.resultRelation);
    if (!isTarget && unmatched) return true;
  }
  if (varno !== asNumber(scope.query.resultRelation)) return null;
  // OLD 1, NEW 2: the version of the row that a command does not have is all NULL.
  if (version === 1 && command !== COMMAND.update && command !== COMMAND.delete) return true;
  if (version === 2 && command !== COMMAND.update && command !== COMMAND.insert) return true;
  const relation = nullability.catalog.relation(asNumber(rteOf(scope, varno)?.relid));
  // A view's triggers and a rule's own RETURNING give whatever they like.
  if (relation?.hasRules === true) return true;
  if (relation?.kind === "view") return throughView(relation, attno, nullability);
  if (command === COMMAND.delete) return null;
  return attno <= 0 ? false : columnIsNullable(scope, varno, attno, nullability);
}

/** Whether a column of a view can be NULL in a row that was written through it: its table's column counts, not what the view filters. */
function throughView(view: RawRelation, attno: number, nullability: Nullability): boolean {
  const entry = asNodes(view.viewQuery?.targetList).find((one) => asNumber(one.resno) === attno);
  const variable = asNode(entry?.expr);
  if (variable?.node !== "VAR" || asNumber(variable.varlevelsup) !== 0) return true;
  const rte = asNodes(view.viewQuery?.rtable)[asNumber(variable.varno) - 1];
  const base = nullability.catalog.relation(asNumber(rte?.relid));
  if (base === undefined || base.hasRules) return true;
  const number = asNumber(variable.varattno);
  if (base.kind === "view") return throughView(base, number, nullability);
  return base.kind !== "table" && base.kind !== "partitioned table"
    ? true
    : nullability.relationColumn(base.oid, number);
}

/** Whether an outer join (or a grouping set) can make this occurrence NULL, whatever the column says. */
function nulledByJoin(variable: Node, scope: Scope): boolean {
  const varno = asNumber(variable.varno);
  for (const bit of asList(variable.varnullingrels)) {
    const rtindex = asNumber(bit as number);
    const join = scope.joins.get(rtindex);
    if (!join) return true;
    if (join.type === JOIN.full) {
      const side = join.left.has(varno) ? "l" : "r";
      if (!scope.present.has(`${rtindex}:${side}`)) return true;
    } else if (!scope.present.has(`${rtindex}:${join.type === JOIN.left ? "r" : "l"}`)) return true;
  }
  return false;
}

/** Whether one of the values is not NULL whichever side of some full join is there: one of the two always is. */
export function coversFullJoin(values: readonly Node[], scope: Scope, nullability: Nullability): boolean {
  return [...scope.joins]
    .filter(([, join]) => join.type === JOIN.full)
    .some(([rtindex]) =>
      ["l", "r"].every((side) => {
        const present = new Set([...scope.present, `${rtindex}:${side}`]);
        const there: Scope = { ...scope, present, everyRow: scope.everyRow ?? scope };
        return values.some((value) => !nullability.expression(value, there));
      }),
    );
}

/** Before PostgreSQL 18 grouping sets leave no mark on the variables that they make NULL, proven before or not. */
function nulledByGrouping(scope: Scope): boolean {
  return asNodes(scope.query.groupingSets).length > 0 && scope.query.hasGroupRTE !== true;
}

/** Whether an outer join can make this occurrence NULL although its column is not. */
export function isNulled(variable: Node, scope: Scope): boolean {
  return (
    nulledByGrouping(scope) || (!scope.proven.has(variableKey(variable)) && nulledByJoin(variable, scope))
  );
}

/** Whether the column can be NULL in a row that is there. */
export function isNullableWherePresent(variable: Node, scope: Scope, nullability: Nullability): boolean {
  return columnIsNullable(scope, asNumber(variable.varno), asNumber(variable.varattno), nullability);
}
