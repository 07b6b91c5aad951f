/** Identifiers and parameters, which stay; comments; and literals: with escapes, plain (bit, national, Unicode), dollar-quoted, numbers. */
const TOKEN =
  /(?<kept>"(?:[^"]|"")*"|\$\d+)|(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(?:\b[bBnNxX]|\b[uU]&)?'(?:[^']|'')*(?:'|$)|(?<tag>\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?(?:\k<tag>|$)|(?<![\w$])\d[\w.]*/g;

/** Characters of a text that are recorded at most: what applications put together may have megabytes. */
export const LONGEST_TEXT = 16_384;

/** A statement's beginning with `?` in place of each literal, and without comments: what is left is fit to be recorded. */
export function sanitize(text: string): string {
  return text.slice(0, LONGEST_TEXT).replace(TOKEN, (...match) => {
    const { kept, comment } = match.at(-1) as { kept?: string; comment?: string };
    return kept ?? (comment === undefined ? "?" : " ");
  });
}
