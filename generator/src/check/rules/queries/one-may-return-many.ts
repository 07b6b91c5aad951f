import type { Query } from "../../../model/query.ts";
import { describeRowReason } from "../../../model/row-count.ts";
import { queryRule } from "../rule.ts";

export const oneMayReturnMany = queryRule({
  code: "one-may-return-many",
  severity: "warning",
  summary: "a :one query that no unique key or LIMIT holds to one row",
  why: "`:one` promises one row. Where several match, the caller is given one of them, whichever PostgreSQL happens to deliver first, and nobody notices. One row at most is proven by equality with all columns of a unique key, by `limit 1`, or by an aggregate without `group by`.",
  mend: "Compare all columns of a unique key, or add the unique index that the data obeys anyway. If any row will do, write `limit 1` with an `order by` that says which; if all are wanted, use `:many`.",
  *check({ query }) {
    if (mayReturnMany(query)) yield { message: severalMayMatch(query) };
  },
});

export function mayReturnMany({ command, statement, rows }: Query): boolean {
  return (command === ":one" || command === ":batchone") && statement !== "utility" && !rows.atMostOne;
}

export function severalMayMatch({ name, command, rows }: Query): string {
  return `${name} is ${command}, yet several rows may match: ${describeRowReason(rows.because.atMostOne)}`;
}
