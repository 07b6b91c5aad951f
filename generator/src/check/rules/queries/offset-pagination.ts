import { nodeOf, walkRaw } from "../../../postgres/raw-tree.ts";
import { queryRule } from "../rule.ts";

export const offsetPagination = queryRule({
  code: "offset-pagination",
  severity: "info",
  summary: "OFFSET reads and throws away all rows before the page",
  why: "Page 1,000 costs a thousand times page 1, as PostgreSQL makes every row that it skips. And rows that come or go between two pages shift the rest: some are shown twice, others never.",
  mend: "Page by key: `where (created_at, id) < (@created_at, @id) order by created_at desc, id desc limit @page_size`, with an index on those columns.",
  *check({ kind, raw }) {
    const found: number[] = [];
    walkRaw({ [kind]: raw }, (inner, node) => {
      if (inner !== "SelectStmt" || !node.limitOffset) return;
      // Who writes a number skips that many by design; pages come from parameters.
      if (nodeOf(node.limitOffset, "A_Const") === undefined) found.push(locationOf(node.limitOffset));
    });
    for (const location of found) yield { message: "OFFSET reads every row that it skips", location };
  },
});

function locationOf(node: unknown): number {
  const first = /"location":(\d+)/.exec(JSON.stringify(node));
  return Number(first?.[1] ?? 0);
}
