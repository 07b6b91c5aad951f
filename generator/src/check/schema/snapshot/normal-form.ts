import { nextToken } from "../../../sql/lexer.ts";
/**
 * Writes an expression as PostgreSQL does after it has read its own text once more. It prints a cast of an array that it was given without one as
 * `(ARRAY['a'::character varying])::text[]`, and reads that as a cast of each element: `ARRAY[('a'::character varying)::text]`. A list of
 * conditions that begins with another, `((a OR b) OR c)`, it reads as one.
 */
export function normalForm(text: string): string {
  return flattened(castByElement(text));
}

function castByElement(text: string): string {
  let result = "";
  let at = 0;
  for (;;) {
    const start = nextCode(text, at, (rest) => rest.startsWith("(ARRAY["));
    if (start === -1) return result + text.slice(at);
    result += text.slice(at, start);
    const open = start + "(ARRAY".length;
    const close = closing(text, open);
    const type = close === -1 ? null : CAST.exec(text.slice(close + 1))?.groups;
    if (type === undefined || type === null) {
      // Something else stands in the brackets, which may hold one that is meant.
      result += "(ARRAY[";
      at = open + 1;
      continue;
    }
    const elements = split(text.slice(open + 1, close)).map(
      (element) => `(${castByElement(element)})::${type.type}`,
    );
    result += `ARRAY[${elements.join(", ")}]`;
    at = close + 1 + type.whole!.length;
  }
}

const CAST = /^(?<whole>\)::(?<type>(?:"(?:[^"]|"")*"|[\w .])+?(?:\(\d+(?:,\s*\d+)?\))?)\[\])/;

/** The first place outside of quotes where the rest of the text is as wanted, or -1. */
function nextCode(text: string, from: number, isWanted: (rest: string) => boolean): number {
  for (let at = from; at < text.length; at++) {
    const quote = text[at];
    if (quote === "'" || quote === '"') at = endOfQuote(text, at);
    else if (isWanted(text.slice(at, at + 7))) return at;
  }
  return -1;
}

/** The place of the quote that ends what one begins. */
function endOfQuote(text: string, start: number): number {
  const isEscaped =
    text[start] === "'" && /e/i.test(text[start - 1] ?? "") && !/\w/.test(text[start - 2] ?? "");
  return nextToken(text, isEscaped ? start - 1 : start)!.end - 1;
}

/** The bracket that closes the one that stands there, or -1. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text[at]!;
    if (char === "'" || char === '"') at = endOfQuote(text, at);
    else if (char === "[" || char === "(") depth++;
    else if ((char === "]" || char === ")") && --depth === 0) return at;
  }
  return -1;
}

/** The elements of a list, at commas outside of brackets and quotes. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "'" || char === '"') at = endOfQuote(text, at);
    else if (char === "[" || char === "(") depth++;
    else if (char === "]" || char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return text.trim() === "" ? [] : [...parts, text.slice(start).trim()];
}

/** Takes the brackets from a list of conditions that is the first of a longer one. */
function flattened(text: string): string {
  for (let from = 0; ; ) {
    const start = nextCode(text, from, (rest) => rest.startsWith("(("));
    if (start === -1) return text;
    const end = closing(text, start + 1);
    const operator = /^ (OR|AND) /.exec(text.slice(end + 1))?.[0];
    const inner = text.slice(start + 2, end);
    if (end !== -1 && operator !== undefined && holds(inner, operator))
      text = `${text.slice(0, start + 1)}${inner}${text.slice(end + 1)}`;
    else from = start + 1;
  }
}

/** Tells whether the word stands in it outside of brackets and quotes. */
function holds(text: string, word: string): boolean {
  for (let at = 0, depth = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "'" || char === '"') at = endOfQuote(text, at);
    else if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    else if (depth === 0 && text.startsWith(word, at)) return true;
  }
  return false;
}
