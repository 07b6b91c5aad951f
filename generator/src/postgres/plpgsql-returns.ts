/** What a plpgsql function returns: a query for each place where it does. */
export type PlpgsqlReturns = readonly string[];

/**
 * Finds what a plpgsql function returns, as queries: `return query …`, and `return expression` as a SELECT of it.
 * @returns null where that does not say it all: RETURN NEXT, RETURN QUERY EXECUTE, variables for OUT
 */
export function plpgsqlReturns(source: string, returnsSet: boolean): PlpgsqlReturns | null {
  const code = masked(source);
  const queries: string[] = [];
  for (const match of code.matchAll(/\breturn\b/gi)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(";", start);
    if (end === -1) return null;
    const rest = source.slice(start, end).trim();
    if (returnsSet) {
      const query = /^query\b(?!\s+execute\b)([\s\S]*)$/i.exec(rest)?.[1];
      if (query !== undefined) queries.push(query);
      // The end of the rows that have been given.
      else if (rest !== "") return null;
    } else if (rest === "" || /^(next|query)\b/i.test(rest)) return null;
    else queries.push(`select (${rest})`);
  }
  return queries.length > 0 ? queries : null;
}

/** The source with spaces for comments, and for what stands in quotes: no word and no semicolon is found there. */
function masked(source: string): string {
  return source.replace(
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"[^"]*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/g,
    (found) => " ".repeat(found.length),
  );
}
