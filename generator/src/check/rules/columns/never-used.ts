import { ruleOptions } from "../../../config/options/rules.ts";
import type { CheckedColumn } from "../../columns/checked.ts";
import { columnRule } from "../rule.ts";

export const columnNeverRead = columnRule({
  code: "column-never-read",
  severity: "off",
  summary: "a column that no query reads, nor any view, function, trigger, policy or key",
  why: "What is stored and never read costs room and attention, and often is a feature of which one half is missing: an address to write to that nobody looks up, a reason that nobody sees. It is found from the rights that PostgreSQL checks for the queries, so a column counts as read in a condition too. What other programs read on the same database is not known here.",
  mend: "Read it, drop it, or name it in the rule's `except` with the reason beside it.",
  *check(column) {
    const { isRead, isInCode, isInKey } = column;
    if (isRead || isInCode || isInKey || isExcepted(column, "column-never-read")) return;
    yield { message: `nothing reads ${column.table}.${column.name}` };
  },
});

export const columnNeverWritten = columnRule({
  code: "column-never-written",
  severity: "off",
  summary: "a column that queries read and none writes, and that PostgreSQL does not compute",
  why: "Every row has the same value in it, the default or NULL, whatever the queries that read it expect: mostly a feature of which the other half was forgotten. What other programs write on the same database is not known here.",
  mend: "Write it in a query, or drop it and what reads it. One that something else writes goes into the rule's `except`.",
  *check(column) {
    const { isRead, isWritten, isComputed, isInCode } = column;
    if (!isRead || isWritten || isComputed || isInCode || isExcepted(column, "column-never-written")) return;
    yield { message: `no query writes ${column.table}.${column.name}, which queries read` };
  },
});

function isExcepted(
  { schema, table, name, options }: CheckedColumn,
  code: "column-never-read" | "column-never-written",
): boolean {
  const { except } = ruleOptions(options.rules, code);
  return [`${table}.${name}`, `${schema}.${table}.${name}`, `${table}.*`, `*.${name}`].some((one) =>
    except.includes(one),
  );
}
