import { returnedTokens, sourceTokens } from "./plpgsql-tokens.ts";

/** What a plpgsql function returns: a query for each place where it does. */
export type PlpgsqlReturns = readonly string[];

/**
 * Finds what a plpgsql function returns, as queries: `return query …`, and `return expression` as a SELECT of it.
 * @returns null where that does not say it all: RETURN NEXT, RETURN QUERY EXECUTE, variables for OUT, or variables that go before columns
 */
export function plpgsqlReturns(source: string, returnsSet: boolean): PlpgsqlReturns | null {
  const tokens = sourceTokens(source);
  if (tokens.some(({ text }) => text === "use_variable")) return null;
  const queries: string[] = [];
  for (const expression of returnedTokens(tokens) ?? []) {
    const [first, second] = expression;
    const rest = first ? source.slice(first.start, expression.at(-1)!.end) : "";
    const keyword = first?.isQuoted ? null : first?.text;
    if (returnsSet) {
      if (keyword === "query" && second && (second.text !== "execute" || second.isQuoted))
        queries.push(source.slice(second.start, expression.at(-1)!.end));
      // The end of the rows that have been given.
      else if (rest !== "") return null;
    } else if (rest === "" || keyword === "next" || keyword === "query") return null;
    else queries.push(`select (${rest})`);
  }
  return queries.length > 0 ? queries : null;
}
