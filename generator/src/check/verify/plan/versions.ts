import type { Query } from "../../../model/query.ts";
import type { Sql } from "../../../model/sql.ts";
import { tokenize } from "../../../sql/lexer.ts";
import { quoteIdentifier } from "../../../sql/quoting.ts";

/** How a query of the version in between is made, the likeliest first. */
export const MAKES = [
  "new",
  "new, typed for both schemas",
  "new, with casts",
  "deployed",
  "deployed, typed for both schemas",
  "deployed, typed for the new schema",
] as const;
export type Make = (typeof MAKES)[number];

/** @param there the same query as the other schema understands it; null where nothing has to be cast, or it cannot be */
export function withCasts(query: Query, there: Query | undefined): Query | null {
  const { sql, params, columns } = query;
  if (there === undefined || sql.variants.length > 0 || query.statement === "utility") return null;
  const cast = new Map<string, string>(
    params.flatMap((param, i) =>
      there.params[i] !== undefined && there.params[i].display !== param.display
        ? [[`$${param.number}`, `cast($${param.number} as ${param.display})`] as const]
        : [],
    ),
  );
  const names = columns.map(({ name }) => name);
  const differs = columns.map(({ display }, i) => display !== there.columns[i]?.display);
  if (cast.size === 0 && !differs.includes(true)) return null;
  if (differs.includes(true) && new Set(names).size < names.length) return null;
  let text = "";
  let at = 0;
  for (const { kind, start, end } of tokenize(sql.text)) {
    const own = kind === "param" ? cast.get(sql.text.slice(start, end)) : undefined;
    if (own === undefined) continue;
    text += sql.text.slice(at, start) + own;
    at = end;
  }
  text += sql.text.slice(at);
  if (differs.includes(true)) {
    const list = columns.map(({ name, display }, i) => {
      const column = `q.${quoteIdentifier(name)}`;
      return differs[i] ? `cast(${column} as ${display}) as ${quoteIdentifier(name)}` : column;
    });
    text =
      query.statement === "select"
        ? `select ${list.join(", ")} from (${text}) as q`
        : `with q as (${text}) select ${list.join(", ")} from q`;
  }
  return { ...query, sql: plain(text) };
}

/** A query that is always the same text. */
const plain = (text: string): Sql => ({
  text,
  pieces: [text],
  deciding: [],
  orders: [],
  page: null,
  variants: [],
  isComplete: true,
});

/** Gives a query the types of another schema for what it delivers; its arguments stay as they are. */
export const retyped = (query: Query, there: Query | undefined): Query | null =>
  there === undefined || there.params.length !== query.params.length
    ? null
    : {
        ...there,
        sql: query.sql,
        params: there.params.map((param, i) => ({
          ...param,
          nullable: query.params[i]!.nullable && param.nullable,
        })),
      };
