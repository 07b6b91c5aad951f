import { walkRaw } from "../../../postgres/raw-tree.ts";
import type { CheckedQuery } from "../../queries/checked.ts";
import { type Finding, queryRule } from "../rule.ts";

function* withoutWhere({ kind, raw }: CheckedQuery, wanted: "UpdateStmt" | "DeleteStmt"): Iterable<Finding> {
  const found: number[] = [];
  walkRaw({ [kind]: raw }, (inner, node) => {
    if ((inner === "UpdateStmt" || inner === "DeleteStmt") && inner === wanted && !node.whereClause)
      found.push(node.relation?.location ?? 0);
  });
  const verb = wanted === "UpdateStmt" ? "changes" : "deletes";
  for (const location of found) yield { message: `this ${verb} every row of the table`, location };
}

const MEND =
  "Add a `where`. If every row is meant, say so: `where true` passes, and tells the next reader that nothing was forgotten.";

export const updateWithoutWhere = queryRule({
  code: "update-without-where",
  severity: "error",
  summary: "an UPDATE without WHERE changes every row",
  why: "A forgotten `where` is found when all rows have changed. It also rewrites the table: every row gets a new version, and each is locked until the transaction ends.",
  mend: MEND,
  check: (query) => withoutWhere(query, "UpdateStmt"),
});

export const truncateInQuery = queryRule({
  code: "truncate-in-query",
  severity: "warning",
  summary: "a query empties a table",
  why: "`truncate` takes an ACCESS EXCLUSIVE lock: it waits for every running query on the table, while everything else queues up behind it. And transactions that began before see the table empty, too.",
  mend: "Delete the rows that are meant, in batches where there are many. For a staging table that nobody else reads, ignore this finding with the reason.",
  *check({ kind }) {
    if (kind === "TruncateStmt")
      yield { message: "this locks the table against everybody, and deletes every row" };
  },
});

export const deleteWithoutWhere = queryRule({
  code: "delete-without-where",
  severity: "error",
  summary: "a DELETE without WHERE deletes every row",
  why: "A forgotten `where` is found when the table is empty.",
  mend: `${MEND} To empty a table, \`truncate\` is faster and leaves no dead rows.`,
  check: (query) => withoutWhere(query, "DeleteStmt"),
});
