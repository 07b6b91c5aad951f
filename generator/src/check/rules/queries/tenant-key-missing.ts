import { rolesOf } from "../../../model/query-roles.ts";
import type { Expression, Query } from "../../../postgres/tree/node-types.ts";
import { everyNode, ownNodes } from "../../../postgres/tree/walk.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { queryRule } from "../rule.ts";
import { tenantTable } from "../tenant-tables.ts";

export const tenantKeyMissing = queryRule({
  code: "tenant-key-missing",
  severity: "error",
  judgesLeast: true,
  summary: "a tenant's table is queried without its tenant key (turned on by `vet.tenant`)",
  why: "In a database shared by tenants, a query that forgets `where workspace_id = …` reads or changes another tenant's rows, given an id that was guessed or mixed up. A unique id is no excuse: ids come from outside.",
  mend: "Compare the tenant's column, with a parameter or with another table's that is compared. Tables that may be read across tenants go into `vet.tenant.except`; tables whose key has another name into `vet.tenant.tables`; a query that works across tenants by design gets a role of its own (`-- @role <name>`, named in `vet.tenant.across`).",
  *check(checked) {
    const { tree, options } = checked;
    if (!tree || !options.tenant) return;
    const { across } = options.tenant;
    if (rolesOf(checked.query).some((role) => across.includes(role))) return;
    const told = new Set<string>();
    for (const query of everyNode(tree)) {
      if (query.kind !== "Query") continue;
      for (const { name, column } of unguarded(query, checked)) {
        if (told.has(name)) continue;
        told.add(name);
        yield { message: `${name} is queried without comparing its ${column}` };
      }
    }
  },
});

function* unguarded(
  query: Query,
  { catalog, options }: CheckedQuery,
): Iterable<{ name: string; column: string }> {
  const conditions = ownNodes([query.jointree, query.mergeJoinCondition]).flatMap((node) =>
    node.kind === "OpExpr" || node.kind === "ScalarArrayOpExpr" ? [node] : [],
  );
  for (const [i, rte] of query.rtable.entries()) {
    if (rte.rtekind !== "RTE_RELATION") continue;
    const rt = i + 1;
    const isInserted = query.commandType === "CMD_INSERT" && query.resultRelation === rt;
    if (isInserted || !isRead(query, rt)) continue;
    const table = tenantTable(rte.relid, catalog, options.tenant!);
    if (!table) continue;
    const isCompared = conditions.some((condition) =>
      condition.args.some((arg) => isKey(arg, rt, table.key.number, query)),
    );
    if (!isCompared) yield { name: table.name, column: table.key.name };
  }
}

/** In FROM, or the target; a view's own entry in its expansion is neither. */
function isRead(query: Query, rt: number): boolean {
  return (
    query.resultRelation === rt ||
    ownNodes(query.jointree).some((node) => node.kind === "RangeTblRef" && node.rtindex === rt)
  );
}

function isKey(expr: Expression, rt: number, attno: number, query: Query): boolean {
  switch (expr.kind) {
    case "Var": {
      if (expr.varlevelsup !== 0) return false;
      if (expr.varno === rt) return expr.varattno === attno;
      const rte = query.rtable[expr.varno - 1];
      const source = rte?.rtekind === "RTE_JOIN" ? rte.joinaliasvars[expr.varattno - 1] : null;
      return source ? isKey(source, rt, attno, query) : false;
    }
    case "RelabelType":
    case "CoerceToDomain":
      return isKey(expr.arg, rt, attno, query);
    case "RowExpr":
    // `coalesce(b.workspace_id, …)` of a USING column.
    case "CoalesceExpr":
      return expr.args.some((arg) => isKey(arg, rt, attno, query));
    default:
      return false;
  }
}
