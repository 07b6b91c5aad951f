import type { TreeAnalysis } from "../infer/analysis.ts";
import { outputEntries, rteOf, type Scope } from "../infer/scope.ts";
import type { StarExpansion } from "../infer/stars.ts";
import { isNulled } from "../infer/variables.ts";
import type { Column, Embed } from "../model/query.ts";
import type { QuerySource } from "../model/source.ts";
import type { Expression, Query } from "../postgres/tree/node-types.ts";

/** The columns that each `sqlc.embed(…)` covers, and whether its row can be missing. */
export function toEmbeds(
  source: QuerySource,
  query: Query,
  expansions: readonly StarExpansion[],
  columns: readonly Column[],
  analysis: TreeAnalysis,
): Embed[] {
  const scope = analysis.returning(analysis.enter(query, null));
  const entries = outputEntries(query);
  return source.embeds
    .flatMap((macro): Embed[] => {
      const found = expansions.find(
        (e) => e.star.start >= macro.start && e.star.end <= macro.end && e.first >= 0,
      );
      if (!found) return [];
      const vars = entries
        .slice(found.first, found.first + found.count)
        .map((entry) => ungrouped(entry.expr, scope));
      const presence = presenceOf(vars, scope, analysis);
      const first = vars[0];
      const rte = first?.kind === "Var" ? rteOf(scope, first.varno) : undefined;
      const whole = rte?.rtekind === "RTE_RELATION" ? rte.relid : null;
      const isNullable =
        isOneRow(vars, scope) && vars.every((v) => v.kind === "Var" && isNulled(v, scope, analysis));
      return [
        {
          name: macro.name,
          start: found.first,
          length: found.count,
          relation: whole,
          nullable: isNullable,
          presence: isNullable && presence !== null ? found.first + presence : null,
        },
      ];
    })
    .filter((embed) => embed.start + embed.length <= columns.length);
}

/** Tells whether the columns are there or missing together: those of a join are not, nor are those of grouping sets. */
function isOneRow(vars: readonly Expression[], scope: Scope): boolean {
  const [first] = vars;
  return (
    first?.kind === "Var" &&
    scope.query.groupingSets.length === 0 &&
    vars.every((v) => v.kind === "Var" && v.varno === first.varno)
  );
}

/** A column of a grouping, traced to what it is grouped by. */
function ungrouped(expr: Expression, scope: Scope): Expression {
  const rte = expr.kind === "Var" ? rteOf(scope, expr.varno) : undefined;
  if (expr.kind !== "Var" || rte?.rtekind !== "RTE_GROUP") return expr;
  return rte.groupexprs[expr.varattno - 1] ?? expr;
}

/** A column that is NULL only where its row is missing. */
function presenceOf(vars: readonly Expression[], scope: Scope, analysis: TreeAnalysis): number | null {
  const index = vars.findIndex(
    (v) => v.kind === "Var" && !analysis.column(scope, v.varno, v.varattno).nullable,
  );
  return index === -1 ? null : index;
}
