const NEWLINE = String.raw`[\n\r]`;
const LINE_COMMENT = String.raw`--[^\n\r]*`;
/** As PostgreSQL has it, which takes any character beyond ASCII for a letter. */
const LETTER = String.raw`A-Za-z_\u0080-\uffff`;
/** Between a literal and its continuation, which is read as the literal began. */
const CONTINUED = String.raw`'[ \t\f\v]*(?:${LINE_COMMENT})?${NEWLINE}(?:[ \t\n\r\f\v]|${LINE_COMMENT}${NEWLINE})*'`;

/**
 * Literals: with escapes, plain (bit, national, Unicode), dollar-quoted, numbers. Comments. And what stays: quoted identifiers,
 * parameters, words. A word is read whole, for it may hold `$`, digits, or end in the letter of a literal.
 */
const TOKEN = new RegExp(
  [
    String.raw`[eE]'(?:[^'\\]|\\(?:[\s\S]|$)|''|${CONTINUED})*(?:'|$)`,
    `(?:[bBnNxX]|[uU]&)?'(?:[^']|'')*(?:'|$)`,
    String.raw`(?<tag>\$(?:[${LETTER}][\d${LETTER}]*)?\$)[\s\S]*?(?:\k<tag>|$)`,
    String.raw`\d(?:(?![eE]')[\w.])*`,
    String.raw`(?<comment>${LINE_COMMENT}|/\*)`,
    String.raw`(?<kept>"(?:[^"]|"")*"|\$\d+|[${LETTER}][\d$${LETTER}]*)`,
  ].join("|"),
  "g",
);
const COMMENT_EDGE = /\/\*|\*\//g;

/** Characters of a text that are recorded at most: what applications put together may have megabytes. */
export const LONGEST_TEXT = 16_384;

/** A statement's beginning with `?` in place of each literal, and without comments: what is left is fit to be recorded. */
export function sanitize(text: string): string {
  const beginning = text.slice(0, LONGEST_TEXT);
  let sanitized = "";
  let end = 0;
  for (;;) {
    TOKEN.lastIndex = end;
    const token = TOKEN.exec(beginning);
    if (token === null) return sanitized + beginning.slice(end);
    const { comment, kept } = token.groups as { comment?: string; kept?: string };
    sanitized += beginning.slice(end, token.index) + (kept ?? (comment === undefined ? "?" : " "));
    end = comment === "/*" ? endOfComment(beginning, TOKEN.lastIndex) : TOKEN.lastIndex;
  }
}

/** Finds the end of a comment, which may hold others. */
function endOfComment(text: string, start: number): number {
  COMMENT_EDGE.lastIndex = start;
  for (let depth = 1; depth > 0; ) {
    const edge = COMMENT_EDGE.exec(text);
    if (edge === null) return text.length;
    depth += edge[0] === "/*" ? 1 : -1;
  }
  return COMMENT_EDGE.lastIndex;
}
