import { isComment, nextToken, type Token } from "../sql/lexer.ts";

/** Gives the tokens of a text. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.end)) tokens.push(token);
  return tokens;
}

const MAIN = new Set(["select", "values", "table", "insert", "update", "delete", "merge"]);

/** Tells whether a statement gives rows; null where it is none that a query can be. */
export function givesRows(sql: string): boolean | null {
  let depth = 0;
  let main: string | null = null;
  let isReturning = false;
  let isFirst = true;
  for (const token of tokensOf(sql)) {
    if (isComment(token)) continue;
    const word = sql.slice(token.start, token.end).toLowerCase();
    if (word === "(") depth++;
    else if (word === ")") depth--;
    else if ((depth === 0 || isFirst) && token.kind === "word") {
      if (isFirst && word !== "with" && !MAIN.has(word)) return null;
      if (main === null && MAIN.has(word)) main = word;
      if (word === "returning") isReturning = true;
    }
    if (word !== "(") isFirst = false;
  }
  if (main === null) return null;
  return isReturning || main === "select" || main === "values" || main === "table";
}

/** Tells whether it is an INSERT of one row of VALUES that ends there, as `:copyfrom` takes it, but for the row itself. */
export function isPlainInsert(before: string, after: string): boolean {
  const words = (text: string): string[] =>
    tokensOf(text)
      .filter((token) => !isComment(token))
      .map(({ start, end }) => text.slice(start, end).toLowerCase());
  const head = words(before);
  return head[0] === "insert" && head[1] === "into" && head.at(-1) === "values" && words(after).length === 0;
}
