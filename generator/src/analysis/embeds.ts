import type { Nullability } from "../infer/nullability.ts";
import { outputEntries, RTE, rteOf, type Scope } from "../infer/scope.ts";
import type { StarExpansion } from "../infer/stars.ts";
import { isNullableWherePresent, isNulled } from "../infer/variables.ts";
import type { Column, Embed } from "../model/query.ts";
import type { QuerySource } from "../model/source.ts";
import { asNode, asNodes, asNumber, type Node } from "../postgres/node-tree.ts";

/** The columns that each `sqlc.embed(…)` covers, and whether its row can be missing. */
export function toEmbeds(
  source: QuerySource,
  query: Node,
  expansions: readonly StarExpansion[],
  columns: readonly Column[],
  nullability: Nullability,
): Embed[] {
  const scope = nullability.enter(query, null);
  const entries = outputEntries(query);
  return source.embeds
    .flatMap((macro): Embed[] => {
      const found = expansions.find(
        (e) => e.star.start >= macro.start && e.star.end <= macro.end && e.first >= 0,
      );
      if (!found) return [];
      const vars = entries
        .slice(found.first, found.first + found.count)
        .map((entry) => ungrouped(asNode(entry.expr)!, scope));
      const presence = presenceOf(vars, scope, nullability);
      const first = vars[0];
      const rte = first?.node === "VAR" ? rteOf(scope, asNumber(first.varno)) : undefined;
      const whole = rte && asNumber(rte.rtekind) === RTE.relation ? asNumber(rte.relid) : null;
      const isNullable = isOneRow(vars, scope) && vars.every((v) => isNulled(v, scope));
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

/** Whether the columns are there or missing together: those of a join are not, nor are those of grouping sets. */
function isOneRow(vars: readonly Node[], scope: Scope): boolean {
  return (
    vars.length > 0 &&
    asNodes(scope.query.groupingSets).length === 0 &&
    vars.every((v) => v.node === "VAR" && v.varno === vars[0]!.varno)
  );
}

/** A column of a grouping, traced to what it is grouped by. */
function ungrouped(expr: Node, scope: Scope): Node {
  const rte = expr.node === "VAR" ? rteOf(scope, asNumber(expr.varno)) : undefined;
  if (rte === undefined || asNumber(rte.rtekind) !== RTE.group) return expr;
  return asNodes(rte.groupexprs)[asNumber(expr.varattno) - 1] ?? expr;
}

/** A column that is NULL only where its row is missing. */
function presenceOf(vars: readonly Node[], scope: Scope, nullability: Nullability): number | null {
  const index = vars.findIndex((v) => v.node === "VAR" && !isNullableWherePresent(v, scope, nullability));
  return index === -1 ? null : index;
}
