import { COMMAND, openScope, RTE, rteOf } from "../../../infer/scope.ts";
import { asNode, asNodes, asNumber, type Node } from "../../../postgres/node-tree.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { conjuncts } from "../../queries/equalities.ts";
import { planNodes } from "../../queries/plan.ts";
import { everyNode, ownNodes } from "../../queries/row-count.ts";
import { queryRule } from "../rule.ts";

export const castDefeatsIndex = queryRule({
  code: "cast-defeats-index",
  severity: "warning",
  summary: "a cast on an indexed column keeps its index from being used",
  why: "An index on `created_at` knows nothing of `created_at::date`, and one on an integer column nothing of the column as `numeric`. PostgreSQL inserts such casts itself where the two sides differ in type: `id = $1::numeric` compares `id::numeric`.",
  mend: "Cast the other side to the column's type (`id = $1::bigint`), or write a range (`created_at >= @day and created_at < @day + 1`); if the cast is what is meant, index the expression.",
  *check(checked) {
    if (!checked.tree || checked.query.statement === "insert") return;
    for (const query of everyNode(checked.tree)) {
      if (query.node !== "QUERY" || asNumber(query.commandType) === COMMAND.utility) continue;
      for (const cast of castsIn(query)) {
        const finding = judge(cast, query, checked);
        if (finding) yield finding;
      }
    }
  },
});

interface Cast {
  readonly variable: Node;
  readonly implicit: boolean;
  readonly to: number;
}

/** Casted columns that a condition of the level compares with something of another relation. */
function* castsIn(query: Node): Iterable<Cast> {
  for (const from of ownNodes(query.jointree).filter((n) => n.node === "FROMEXPR" || n.node === "JOINEXPR")) {
    for (const condition of conjuncts(asNode(from.quals))) {
      if (condition.node !== "OPEXPR" && condition.node !== "SCALARARRAYOPEXPR") continue;
      const [a, b] = asNodes(condition.args);
      if (!a || !b) continue;
      const left = castOf(a);
      const right = condition.node === "OPEXPR" ? castOf(b) : null;
      if (left && !mentions(b, left.variable)) yield left;
      if (right && !mentions(a, right.variable)) yield right;
    }
  }
}

/** COERCE_EXPLICIT_CAST 1, COERCE_IMPLICIT_CAST 2 */
function castOf(node: Node): Cast | null {
  const isFunction = node.node === "FUNCEXPR" && [1, 2].includes(asNumber(node.funcformat));
  const isText = node.node === "COERCEVIAIO";
  if (!isFunction && !isText) return null;
  const arg = isFunction ? asNodes(node.args)[0] : asNode(node.arg);
  if (arg?.node !== "VAR" || asNumber(arg.varlevelsup) !== 0) return null;
  const format = asNumber(isFunction ? node.funcformat : node.coerceformat);
  return {
    variable: arg,
    implicit: format === 2,
    to: asNumber(isFunction ? node.funcresulttype : node.resulttype),
  };
}

function mentions(node: Node, variable: Node): boolean {
  return everyNode(node).some((inner) => inner.node === "VAR" && inner.varno === variable.varno);
}

function judge({ variable, implicit, to }: Cast, query: Node, checked: CheckedQuery) {
  const { catalog, indexes, plan } = checked;
  const rte = rteOf(openScope(query, null), asNumber(variable.varno));
  if (asNumber(rte?.rtekind) !== RTE.relation) return null;
  const relation = catalog.relation(asNumber(rte!.relid));
  const column = relation?.columns.get(asNumber(variable.varattno));
  if (!relation || !column) return null;
  const defeated = indexes.of(relation.oid).find((index) => index.keys[0] === column.number);
  if (!defeated) return null;
  // Another index serves the query: then nothing is lost.
  const served = [...planNodes(plan)].some(
    (node) =>
      node["Index Cond"] !== undefined &&
      (node["Relation Name"] === relation.name ||
        indexes.of(relation.oid).some((i) => i.name === node["Index Name"])),
  );
  if (served) return null;
  const type = catalog.type(to)?.display ?? "another type";
  return {
    message: implicit
      ? `"${relation.name}"."${column.name}" is compared as ${type}, which the index "${defeated.name}" cannot serve`
      : `the cast of "${relation.name}"."${column.name}" to ${type} keeps the index "${defeated.name}" from being used`,
  };
}
