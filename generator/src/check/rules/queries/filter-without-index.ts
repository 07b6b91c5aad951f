import { ruleOptions } from "../../../config/options/rules.ts";
import type { Index } from "../../../postgres/index-reader.ts";
import { nextToken } from "../../../sql/lexer.ts";
import { type PlanNode, planNodes } from "../../queries/plan.ts";
import { lists } from "../listed-tables.ts";
import { queryRule } from "../rule.ts";

/** A condition that compares with a parameter or another table's column; anything else selects too much for an index to help. */
const SELECTIVE = /\$\d+/;
/** `a <> $1` alone, and `<> ALL`: most rows pass. */
const UNEQUAL = /^\(?[^()]*(?:\([^()]*\))?[^()]* <> (?:ALL )?\(?\$\d+[^()]*\)*$/;

export const filterWithoutIndex = queryRule({
  code: "filter-without-index",
  severity: "warning",
  summary: "no index can serve the query's filter: it reads the whole table",
  why: "The query was planned with sequential scans disabled, and PostgreSQL still reads the table from end to end: no index begins with a column that the filter compares. It gets slower as the table grows. (The plan is the generic one, for any parameter values, so that the size of a test database plays no part.)",
  mend: "Add an index that begins with the columns compared for equality. For `like '%…%'` use `pg_trgm`, for `@>` on jsonb and arrays a GIN index. Name tables that stay small in `vet.small_tables`.",
  *check({ plan, options, query, indexes }) {
    if (query.statement === "insert") return;
    const told = new Set<string>();
    const small = [...ruleOptions(options.rules, "filter-without-index").except, ...options.small_tables];
    for (const node of planNodes(plan)) {
      const table = node["Relation Name"];
      const filter = node.Filter;
      if (table === undefined || filter === undefined) continue;
      const schema = node.Schema ?? "public";
      // That is for the rule cast-defeats-index to say.
      if (isCast(filter, indexes.named(schema, table))) continue;
      if (!readsAll(node, filter, indexes.named(schema, table))) continue;
      if (
        !SELECTIVE.test(filter) ||
        conditions(filter).every((c) => !SELECTIVE.test(c) || mayBeLeftOut(c) || UNEQUAL.test(c))
      )
        continue;
      if (told.has(`${schema}.${table}`) || lists(small, { schema, name: table })) continue;
      told.add(`${schema}.${table}`);
      yield { message: `no index of "${table}" can serve the filter ${filter}` };
    }
  },
});

/**
 * Tells whether the caller may leave the condition out, which no index can serve in a generic plan: one of its alternatives is about arguments alone
 * (`($1 IS NULL) OR …`, `(NOT $1) OR …`, `CASE WHEN ($1 = 'all') …`), or the argument gives way to the column (`a = COALESCE($1, a)`).
 */
function mayBeLeftOut(condition: string): boolean {
  if (/COALESCE\([^()]*\$\d+/.test(condition)) return true;
  if (/\bCASE\b/.test(condition))
    return [...condition.matchAll(/\bWHEN (.*?) THEN\b/g)].some(([, test]) => isOfArguments(test!));
  return alternatives(condition).some(isOfArguments);
}

/** The parts of each `(a) OR (b)` in it. */
function alternatives(text: string): string[] {
  const found: string[] = [];
  const starts = [0];
  let last = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "'") at = nextToken(text, at)!.end - 1;
    else if (text[at] === "(") starts.push(at + 1);
    else if (text[at] === ")" || text.startsWith(" OR ", at)) {
      const isOr = text[at] !== ")";
      last = text.slice(isOr ? starts.at(-1)! : starts.pop()!, at);
      if (isOr || isPartOfOr(text, starts, at)) found.push(last);
      if (isOr) starts[starts.length - 1] = at + 4;
    }
  }
  return / OR /.test(text) ? [...found, text.slice(starts[0]!)] : [];
}

/** Tells whether what ends there is the last part of an OR, or one before another. */
function isPartOfOr(text: string, starts: readonly number[], at: number): boolean {
  return text.startsWith(" OR ", at + 1) || text.slice(0, starts.at(-1) ?? 0).endsWith(" OR ");
}

/** Nothing but arguments, constants and functions of them. */
function isOfArguments(text: string): boolean {
  if (!SELECTIVE.test(text)) return false;
  const rest = text
    .replace(/'(?:[^']|'')*'/g, "")
    .replace(
      /::(?:"[^"]+"|[\w.]+)(?: (?:varying|precision|without time zone|with time zone))?(?:\([\d,]+\))?(?:\[\])*/g,
      "",
    )
    .replace(/\b\w+\s*\(/g, "(")
    .replace(/\b(?:NOT|IS|NULL|AND|OR|TRUE|FALSE|DISTINCT|FROM|ANY|ALL|ARRAY|true|false)\b/g, "");
  return !/[A-Za-z_"]/.test(rest);
}

function readsAll(node: PlanNode, filter: string, indexes: readonly Index[]): boolean {
  if (node["Node Type"] === "Seq Scan") return true;
  if (!node["Node Type"].startsWith("Index") || node["Index Cond"] !== undefined) return false;
  // The whole index is read, for its order or because it is partial: on an empty table that costs as little as a search.
  return !indexes.some(({ leading }) =>
    new RegExp(`(?<![\\w"])${literally(leading)}(?![\\w"])`).test(filter),
  );
}

/** Tells whether the filter casts a column that an index begins with: `((t.id)::text = $1)`. */
function isCast(filter: string, indexes: readonly Index[]): boolean {
  return indexes.some(({ leading }) =>
    new RegExp(`\\((?:[\\w"]+\\.)?${literally(leading)}\\)::`).test(filter),
  );
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The parts of `((a) AND (b))`, by the parentheses that EXPLAIN always writes. */
function conditions(filter: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  const body = filter.startsWith("(") && filter.endsWith(")") ? filter.slice(1, -1) : filter;
  for (let at = 0; at < body.length; at++) {
    if (body[at] === "(") depth++;
    else if (body[at] === ")") depth--;
    else if (depth === 0 && body.startsWith(" AND ", at)) {
      parts.push(body.slice(start, at));
      start = at + 5;
    }
  }
  return [...parts, body.slice(start)];
}
