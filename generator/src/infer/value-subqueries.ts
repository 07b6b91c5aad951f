import type { ValueSubquery } from "../model/query.ts";
import type { AnyNode, Query, SubLink } from "../postgres/tree/node-types.ts";
import { everyNode, ownNodes } from "../postgres/tree/walk.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { openScope, type Scope } from "./scope.ts";

/** The kinds that stand for one value, or one row: PostgreSQL refuses the statement where they give two. */
const OF_ONE_ROW: ReadonlySet<SubLink["subLinkType"]> = new Set([
  "EXPR_SUBLINK",
  "MULTIEXPR_SUBLINK",
  "ROWCOMPARE_SUBLINK",
]);

/** Gives the subqueries of a statement that stand for a value, at all levels, with what each reads and whether it is sure to give one row at most. */
export function valueSubqueries(query: Query, analysis: TreeAnalysis): ValueSubquery[] {
  const found: ValueSubquery[] = [];
  const collect = (level: Query, parent: Scope | null): void => {
    const scope = openScope(level, parent);
    const links = level.hasSubLinks ? ownNodes(Object.values(level)).filter(isSubLink) : [];
    for (const { subLinkType, subselect } of links) {
      if (OF_ONE_ROW.has(subLinkType))
        found.push({
          atMostOne: analysis.singleRow(subselect, scope).holds,
          reads: relationsIn(subselect, analysis),
        });
      collect(subselect, scope);
    }
    for (const rte of level.rtable) if (rte.rtekind === "RTE_SUBQUERY") collect(rte.subquery, scope);
    for (const { ctequery } of level.cteList) collect(ctequery, scope);
  };
  collect(query, null);
  return found;
}

const isSubLink = (node: AnyNode): node is SubLink => node.kind === "SubLink";

/** The relations that a subquery has in any FROM, `schema.name`; null where rows of a function may be those of any. */
function relationsIn(subquery: Query, { catalog }: TreeAnalysis): readonly string[] | null {
  const names = new Set<string>();
  for (const node of everyNode(subquery)) {
    if (node.kind === "Query" && node.hasTargetSRFs) return null;
    if (node.kind !== "RangeTblEntry") continue;
    if (node.rtekind === "RTE_FUNCTION" || node.rtekind === "RTE_CTE") return null;
    const relation = node.rtekind === "RTE_RELATION" ? catalog.relation(node.relid) : undefined;
    if (relation !== undefined) names.add(`${relation.schema}.${relation.name}`);
  }
  return [...names].sort();
}
