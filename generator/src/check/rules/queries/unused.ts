import { walkRaw } from "../../../postgres/raw-tree.ts";
import type { AnyNode, CommonTableExpr, Query } from "../../../postgres/tree/node-types.ts";
import { childrenOf, everyNode } from "../../../postgres/tree/walk.ts";
import { queryRule } from "../rule.ts";

export const unusedCte = queryRule({
  code: "unused-cte",
  severity: "warning",
  summary: "a WITH query that nothing refers to",
  why: "PostgreSQL does not even run a `with` query that only reads and that nothing refers to. It is left over, or the reference to it was forgotten.",
  mend: "Remove it, or refer to it.",
  *check({ tree, kind, raw }) {
    const locations = new Map<string, number>();
    walkRaw({ [kind]: raw }, (inner, node) => {
      if (inner === "CommonTableExpr") locations.set(node.ctename ?? "", node.location ?? 0);
    });
    for (const cte of unusedIn(tree)) {
      const name = cte.ctename;
      yield { message: `nothing refers to the WITH query "${name}"`, location: locations.get(name) };
    }
  },
});

export const unusedParameter = queryRule({
  code: "unused-parameter",
  severity: "warning",
  summary: "a parameter that cannot change the result",
  why: "Callers must pass a value that makes no difference, as the only place that mentions it is never run.",
  mend: "Remove the parameter, or use it where it was meant.",
  *check({ tree, query, source }) {
    if (!tree) return;
    const unused = new Set<AnyNode>(unusedIn(tree));
    if (unused.size === 0) return;
    const used = new Set<number>();
    const dead = new Set<number>();
    collectParams(tree, unused, used, dead);
    for (const param of query.params) {
      if (!dead.has(param.number) || used.has(param.number)) continue;
      const at = source.text.indexOf(`$${param.number}`);
      yield {
        message: `the parameter "${param.name}" is used only in a WITH query that nothing refers to`,
        location: at === -1 ? undefined : Buffer.byteLength(source.text.slice(0, at)),
      };
    }
  },
});

/** WITH queries that only read, without a reference to them; those that write are run in any case. */
function unusedIn(tree: Query | null): CommonTableExpr[] {
  return everyNode(tree).filter(
    (node) =>
      node.kind === "CommonTableExpr" &&
      node.cterefcount === 0 &&
      !everyNode(node.ctequery).some((inner) => inner.kind === "Query" && inner.commandType !== "CMD_SELECT"),
  ) as CommonTableExpr[];
}

function collectParams(
  node: AnyNode,
  unused: ReadonlySet<AnyNode>,
  used: Set<number>,
  dead: Set<number>,
): void {
  if (node.kind === "Param" && node.paramkind === "PARAM_EXTERN") used.add(node.paramid);
  if (unused.has(node)) {
    for (const inner of everyNode(node))
      if (inner.kind === "Param" && inner.paramkind === "PARAM_EXTERN") dead.add(inner.paramid);
    return;
  }
  for (const inner of childrenOf(node)) collectParams(inner, unused, used, dead);
}
