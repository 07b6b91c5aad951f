import { COMMAND, openScope, RTE } from "../../../infer/scope.ts";
import { asNode, asNodes, asNumber, type Node } from "../../../postgres/node-tree.ts";
import { lists } from "../../options.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { everyNode, ownNodes } from "../../queries/row-count.ts";
import { queryRule } from "../rule.ts";

export const tenantKeyMissing = queryRule({
  code: "tenant-key-missing",
  severity: "error",
  summary: "a tenant's table is queried without its tenant key (turned on by `vet.tenant`)",
  why: "In a database shared by tenants, a query that forgets `where workspace_id = …` reads or changes another tenant's rows, given an id that was guessed or mixed up. A unique id is no excuse: ids come from outside.",
  mend: "Compare the tenant's column, with a parameter or with another table's that is compared. Tables that may be read across tenants go into `vet.tenant.except`.",
  *check(checked) {
    const { tree, options } = checked;
    if (!tree || !options.tenant) return;
    const told = new Set<string>();
    for (const query of everyNode(tree)) {
      if (query.node !== "QUERY") continue;
      for (const name of unguarded(query, checked)) {
        if (told.has(name)) continue;
        told.add(name);
        yield { message: `${name} is queried without comparing its ${options.tenant.column}` };
      }
    }
  },
});

function* unguarded(query: Node, { catalog, options }: CheckedQuery): Iterable<string> {
  const { column, except } = options.tenant!;
  const command = asNumber(query.commandType);
  const scope = openScope(query, null);
  const conditions = ownNodes([query.jointree, query.mergeJoinCondition]).filter(
    (n) => n.node === "OPEXPR" || n.node === "SCALARARRAYOPEXPR",
  );
  for (const [i, rte] of scope.rtable.entries()) {
    if (asNumber(rte.rtekind) !== RTE.relation) continue;
    const rt = i + 1;
    const isInserted = command === COMMAND.insert && asNumber(query.resultRelation) === rt;
    if (isInserted || !isRead(query, rt)) continue;
    const relation = catalog.relation(asNumber(rte.relid));
    const key = [...(relation?.columns.values() ?? [])].find((c) => c.name === column);
    if (!relation || !key || lists(except, relation)) continue;
    const isCompared = conditions.some((condition) =>
      asNodes(condition.args).some((arg) => isKey(arg, rt, key.number, query, 0)),
    );
    if (!isCompared)
      yield relation.schema === "public" ? relation.name : `${relation.schema}.${relation.name}`;
  }
}

/** In FROM, or the target; a view's own entry in its expansion is neither. */
function isRead(query: Node, rt: number): boolean {
  return (
    asNumber(query.resultRelation) === rt ||
    ownNodes(query.jointree).some((n) => n.node === "RANGETBLREF" && asNumber(n.rtindex) === rt)
  );
}

function isKey(node: Node, rt: number, attno: number, query: Node, levels: number): boolean {
  if (node.node === "VAR") {
    if (asNumber(node.varlevelsup) !== levels) return false;
    if (asNumber(node.varno) === rt) return asNumber(node.varattno) === attno;
    const rte = asNodes(query.rtable)[asNumber(node.varno) - 1];
    const source =
      asNumber(rte?.rtekind) === RTE.join ? asNodes(rte?.joinaliasvars)[asNumber(node.varattno) - 1] : null;
    return source ? isKey(source, rt, attno, query, levels) : false;
  }
  if (node.node === "RELABELTYPE" || node.node === "COERCETODOMAIN") {
    const arg = asNode(node.arg);
    return arg !== null && isKey(arg, rt, attno, query, levels);
  }
  if (node.node === "ROWEXPR") return asNodes(node.args).some((arg) => isKey(arg, rt, attno, query, levels));
  // `coalesce(b.workspace_id, …)` of a USING column.
  if (node.node === "COALESCEEXPR")
    return asNodes(node.args).some((arg) => isKey(arg, rt, attno, query, levels));
  return false;
}
