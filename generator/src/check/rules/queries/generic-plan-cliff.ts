import { nullTested, type Raw } from "../../../analysis/adaptive/clauses.ts";
import { walkRaw } from "../../../postgres/raw-tree.ts";
import { queryRule } from "../rule.ts";

export const genericPlanCliff = queryRule({
  code: "generic-plan-cliff",
  severity: "info",
  summary: "a filter that may be absent is left to the server's plan",
  why: "PostgreSQL plans a prepared statement for its arguments five times, and keeps one plan for all of them when that seems no worse. In such a plan `$1 is null or c = $1` can use no index: with a million rows a search that touched 4 buffers touched 13,158, from the sixth call of a connection on. In WHERE, HAVING and the ON of an inner join, reached through AND and OR alone, the generated code decides it before anything is sent; here it stands where it cannot be, or `-- @whole` asks for that.",
  mend: "Move the condition to where it can be left out (out of a subquery, NOT or CASE), or name the parameter in `-- @optional`.",
  *check({ kind, raw, query }) {
    const decided = new Set(query.sql.deciding.map(({ number }) => number));
    const found: { number: number; location: number }[] = [];
    walkRaw({ [kind]: raw }, (inner, node) => {
      const { boolop, args = [] } = node as unknown as { boolop?: string; args?: Raw[] };
      if (inner !== "BoolExpr" || boolop !== "OR_EXPR") return;
      for (const arg of args) {
        const number = nullTested(arg);
        const others = args.filter((one) => one !== arg);
        // Where no column is compared nothing could be looked up.
        if (number === null || decided.has(number) || !JSON.stringify(others).includes('"ColumnRef"'))
          continue;
        found.push({ number, location: arg.NullTest.location as number });
      }
    });
    for (const { number, location } of found) {
      const name = query.params.find((param) => param.number === number)?.name ?? `$${number}`;
      yield { message: `whether "${name}" is given is left to the plan, which is one for both`, location };
    }
  },
});
