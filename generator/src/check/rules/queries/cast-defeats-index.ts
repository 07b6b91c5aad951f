import { conjuncts } from "../../../infer/present-rows.ts";
import type { Expression, Query, Var } from "../../../postgres/tree/node-types.ts";
import { everyNode, ownNodes } from "../../../postgres/tree/walk.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { planNodes } from "../../queries/plan.ts";
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
      if (query.kind !== "Query" || query.commandType === "CMD_UTILITY") continue;
      for (const cast of castsIn(query)) {
        const finding = judge(cast, query, checked);
        if (finding) yield finding;
      }
    }
  },
});

interface Cast {
  readonly variable: Var;
  readonly implicit: boolean;
  readonly to: number;
}

/** Casted columns that a condition of the level compares with something of another relation. */
function* castsIn(query: Query): Iterable<Cast> {
  for (const from of ownNodes(query.jointree)) {
    if (from.kind !== "FromExpr" && from.kind !== "JoinExpr") continue;
    for (const condition of conjuncts(from.quals)) {
      if (condition.kind !== "OpExpr" && condition.kind !== "ScalarArrayOpExpr") continue;
      const [a, b] = condition.args;
      if (!a || !b) continue;
      const left = castOf(a);
      const right = condition.kind === "OpExpr" ? castOf(b) : null;
      if (left && !mentions(b, left.variable)) yield left;
      if (right && !mentions(a, right.variable)) yield right;
    }
  }
}

function castOf(expr: Expression): Cast | null {
  if (expr.kind === "CoerceViaIO") return castTo(expr.arg, expr.coerceformat, expr.resulttype);
  const [arg] = expr.kind === "FuncExpr" ? expr.args : [];
  if (expr.kind !== "FuncExpr" || !arg) return null;
  const isCast = expr.funcformat === "COERCE_EXPLICIT_CAST" || expr.funcformat === "COERCE_IMPLICIT_CAST";
  return isCast ? castTo(arg, expr.funcformat, expr.funcresulttype) : null;
}

function castTo(arg: Expression, format: string, to: number): Cast | null {
  if (arg.kind !== "Var" || arg.varlevelsup !== 0) return null;
  return { variable: arg, implicit: format === "COERCE_IMPLICIT_CAST", to };
}

function mentions(expr: Expression, variable: Var): boolean {
  return everyNode(expr).some((inner) => inner.kind === "Var" && inner.varno === variable.varno);
}

function judge({ variable, implicit, to }: Cast, query: Query, checked: CheckedQuery) {
  const { catalog, indexes, plan } = checked;
  const rte = query.rtable[variable.varno - 1];
  const relation = rte?.rtekind === "RTE_RELATION" ? catalog.relation(rte.relid) : undefined;
  const column = relation?.columns.get(variable.varattno);
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
