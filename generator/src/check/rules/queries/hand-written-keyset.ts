import type { SelectStmt } from "libpg-query";
import { nullTested, type Raw } from "../../../analysis/adaptive/clauses.ts";
import { nodesOf } from "../../../postgres/raw-tree.ts";
import { queryRule } from "../rule.ts";

export const handWrittenKeyset = queryRule({
  code: "hand-written-keyset",
  severity: "info",
  summary: "pages are read by a condition that is written by hand",
  why: "`(@created_at::timestamptz is null or (created_at, id) < (@created_at, @id)) order by created_at desc, id desc` is right only while no key is NULL (no comparison finds one, so that the rows behind it are lost), while all directions are the same, and while the last key is unique. And whoever sends it to a server as it stands has a plan kept that reads the whole table: with a million rows 12,706 buffers, from the sixth call on, where the comparison alone reads 4.",
  mend: "Remove the condition and write `-- @keyset` above the statement: it is made from ORDER BY, for each order and each NULL, and proven to tell all rows apart. The function then takes `after` and gives `{ rows, next, previous }`.",
  *check({ kind, raw, source }) {
    if (kind !== "SelectStmt" || source.flags?.some(({ name }) => name === "keyset")) return;
    const select = raw as SelectStmt;
    // Who leaves rows out by their number asks for a part of what was filtered.
    if (!select.limitCount || select.limitOffset || !select.whereClause) return;
    const [first] = nodesOf(select.sortClause, "SortBy");
    const key = first && columnOf(first.node as Raw);
    if (!key) return;
    const conditions = conjuncts(select.whereClause as Raw).map(armsOf);
    // A beginning and an end are a span of time.
    if (conditions.filter((arms) => arms.some((arm) => comparedKey(arm) === key)).length > 1) return;
    for (const arms of conditions) {
      if (!arms.some((arm) => nullTested(arm) !== null)) continue;
      const compared = arms.find((arm) => comparedKey(arm) === key);
      const location = compared?.A_Expr?.location as number | undefined;
      if (compared) yield { message: `pages behind "${key}" are read by a condition of their own`, location };
    }
  },
});

const armsOf = (node: Raw): Raw[] =>
  node.BoolExpr?.boolop === "OR_EXPR" ? (node.BoolExpr.args as Raw[]) : [node];

function conjuncts(node: Raw): Raw[] {
  return node.BoolExpr?.boolop === "AND_EXPR" ? (node.BoolExpr.args as Raw[]).flatMap(conjuncts) : [node];
}

/** The first column that is compared by its order with a parameter: `k < $1`, `(k, id) < ($1, $2)`. */
function comparedKey(node: Raw): string | null {
  const { name, lexpr, rexpr } = (node.A_Expr ?? {}) as Raw;
  const operator = name?.[0]?.String?.sval as string | undefined;
  if (operator === undefined || !["<", "<=", ">", ">="].includes(operator)) return null;
  const sides = [lexpr as Raw, rexpr as Raw].map((side) => ((side?.RowExpr?.args as Raw[]) ?? [side])[0]!);
  return sides.some((side) => JSON.stringify(side ?? {}).includes('"ParamRef"'))
    ? (sides.map(columnOf).find((column) => column !== null) ?? null)
    : null;
}

function columnOf(node: Raw | undefined): string | null {
  return (node?.ColumnRef?.fields?.at(-1)?.String?.sval as string | undefined) ?? null;
}
