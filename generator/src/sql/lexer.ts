/** The parts that a text is made of; white space lies between tokens. */
export type TokenKind =
  /** An unquoted identifier or key word. */
  | "word"
  /** `"…"` or `U&"…"`. */
  | "quoted"
  /** Any string constant: `'…'`, `E'…'`, `B'…'`, `X'…'`, `U&'…'`, `$tag$…$tag$`. */
  | "string"
  | "number"
  /** `$1`. */
  | "param"
  | "operator"
  /** `( ) [ ] , ; . : :: := ..`, and whatever PostgreSQL knows no token for. */
  | "punctuation"
  | "line comment"
  | "block comment";

/** Offsets count UTF-16 code units, the end is exclusive. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const SPACE = /[ \t\n\r\f\v\uFEFF]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PARAM = /\$[0-9]+/y;
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*(?:\.(?!\.)(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?/y;
const OPERATOR = /[~!@#^&|`?+\-*/%<>=]+/y;
const PREFIX = /[eEbBxX](?=')|[uU]&(?=['"])/y;
/** Two constants with a line break between are one: `'a'⏎'b'`. */
const CONTINUATION = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*'/y;
const BLOCK_MARK = /\/\*|\*\//g;
/** Only an operator with one of these may end in `+` or `-`. */
const KEEPS_SIGN = /[~!@#^&|`?%]/;

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/**
 * The token at or after an offset by PostgreSQL's own lexical rules, or null at the end.
 * Whatever is not closed reaches to the end of the text; nothing is ever refused.
 */
export function nextToken(text: string, from: number): Token | null {
  const start = matchEnd(SPACE, text, from);
  if (start >= text.length) return null;
  const token = (kind: TokenKind, end: number): Token => ({ kind, start, end });
  const c = text[start]!;
  const two = text.slice(start, start + 2);

  if (two === "--") return token("line comment", lineEnd(text, start));
  if (two === "/*") return token("block comment", blockCommentEnd(text, start));
  if (c === "'") return token("string", stringEnd(text, start, false));
  if (c === '"') return token("quoted", quotedEnd(text, start + 1, '"', false));

  const quote = matchEnd(PREFIX, text, start);
  if (quote !== -1) {
    if (text[quote] === '"') return token("quoted", quotedEnd(text, quote + 1, '"', false));
    return token("string", stringEnd(text, quote, c === "e" || c === "E"));
  }
  const word = matchEnd(WORD, text, start);
  if (word !== -1) return token("word", word);

  if (c === "$") {
    const param = matchEnd(PARAM, text, start);
    if (param !== -1) return token("param", param);
    const open = matchEnd(DOLLAR_TAG, text, start);
    if (open === -1) return token("punctuation", start + 1);
    const tag = text.slice(start, open);
    const close = text.indexOf(tag, open);
    return token("string", close === -1 ? text.length : close + tag.length);
  }
  if (two !== "..") {
    const number = matchEnd(NUMBER, text, start);
    if (number !== -1) return token("number", number);
  }
  if (two === "::" || two === ":=" || two === "..") return token("punctuation", start + 2);

  const operator = matchEnd(OPERATOR, text, start);
  if (operator !== -1) return token("operator", operatorEnd(text, start, operator));
  return token("punctuation", start + (text.codePointAt(start)! > 0xffff ? 2 : 1));
}

/** All tokens of a text, or of a part of it. */
export function tokenize(text: string, from = 0, to = text.length): Token[] {
  const tokens: Token[] = [];
  const part = to === text.length ? text : text.slice(0, to);
  for (let token = nextToken(part, from); token; token = nextToken(part, token.end)) tokens.push(token);
  return tokens;
}

export function isComment(token: Token): boolean {
  return token.kind === "line comment" || token.kind === "block comment";
}

function lineEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) if (text[i] === "\n" || text[i] === "\r") return i;
  return text.length;
}

function blockCommentEnd(text: string, start: number): number {
  let depth = 0;
  BLOCK_MARK.lastIndex = start;
  for (let mark = BLOCK_MARK.exec(text); mark; mark = BLOCK_MARK.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.index + 2;
  }
  return text.length;
}

function quotedEnd(text: string, from: number, quote: string, backslash: boolean): number {
  for (let i = from; i < text.length; i++) {
    if (backslash && text[i] === "\\") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

function stringEnd(text: string, quote: number, backslash: boolean): number {
  let end = quotedEnd(text, quote + 1, "'", backslash);
  for (;;) {
    const next = matchEnd(CONTINUATION, text, end);
    if (next === -1) return end;
    end = quotedEnd(text, next, "'", backslash);
  }
}

function operatorEnd(text: string, start: number, longest: number): number {
  let end = longest;
  for (let i = start + 1; i < longest; i++) {
    const two = text.slice(i, i + 2);
    if (two === "--" || two === "/*") {
      end = i;
      break;
    }
  }
  while (end - start > 1 && /[+-]/.test(text[end - 1]!) && !KEEPS_SIGN.test(text.slice(start, end - 1)))
    end--;
  return end;
}
