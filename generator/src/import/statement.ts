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

/** Gives a statement without the semicolon and the comments that it ends with; null where another one follows. */
export function withoutEnd(sql: string): string | null {
  let end = 0;
  let isClosed = false;
  for (const token of tokensOf(sql)) {
    if (isComment(token)) continue;
    if (sql.slice(token.start, token.end) === ";") isClosed = true;
    else if (isClosed) return null;
    else end = token.end;
  }
  return sql.slice(0, end);
}

const AGGREGATES =
  /^(?:count|sum|avg|min|max|bool_and|bool_or|every|(?:array|string|jsonb?|xml)_?agg|jsonb?_object_agg|stddev(?:_pop|_samp)?|var(?:iance|_pop|_samp))$/;
/** What takes rows away, or makes more of them, behind what is selected. */
const CLAUSES = new Set([
  "group",
  "having",
  "limit",
  "offset",
  "fetch",
  "for",
  "union",
  "intersect",
  "except",
]);

/** Tells whether a statement surely gives a row: an INSERT of VALUES that nothing suppresses, a SELECT of aggregates or of no table. */
export function givesARow(sql: string): boolean {
  const tokens = tokensOf(sql).filter((token) => !isComment(token));
  const words = tokens.map(({ start, end }) => sql.slice(start, end).toLowerCase());
  /** Of each word that no parentheses are around. */
  const outside = new Set<string>();
  let hasAggregate = false;
  let isSelected = false;
  /** For each open parenthesis, whether a query stands in it. */
  const open: boolean[] = [];
  for (const [i, word] of words.entries()) {
    if (word === "(") open.push(words[i + 1] === "select" || words[i + 1] === "with");
    else if (word === ")") open.pop();
    else if (tokens[i]!.kind !== "word") continue;
    else if (open.length === 0) {
      // LIMIT 1 takes none away where there is one.
      if (word !== "limit" || !/^[1-9]\d*$/.test(words[i + 1] ?? "")) outside.add(word);
      if (word === "select") isSelected = true;
      if (word === "from") isSelected = false;
    }
    if (isSelected && AGGREGATES.test(word) && words[i + 1] === "(" && !open.includes(true))
      hasAggregate ||= words[closing(words, i + 1) + 1] !== "over";
  }
  const isOfNoTable = !outside.has("from") && !outside.has("where");
  if (words[0] === "insert") {
    const isSuppressed = outside.has("conflict") && (outside.has("nothing") || outside.has("where"));
    return !isSuppressed && (outside.has("values") || (outside.has("select") && isOfNoTable));
  }
  if (!outside.has("select") || [...CLAUSES].some((clause) => outside.has(clause))) return false;
  return hasAggregate || (words[0] === "select" && isOfNoTable);
}

/** Gives where the parenthesis is closed that is opened there. */
function closing(words: readonly string[], at: number): number {
  let depth = 0;
  for (let i = at; i < words.length; i++) {
    if (words[i] === "(") depth++;
    else if (words[i] === ")" && --depth === 0) return i;
  }
  return words.length;
}
