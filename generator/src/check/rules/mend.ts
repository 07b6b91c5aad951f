import { isComment, tokenize } from "../../sql/lexer.ts";
import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { CheckedStatement } from "../migrations/checked.ts";
import type { FindingEdit } from "./rule.ts";

/** Tells whether the statement runs in no transaction but its own, so that what must run outside of any can stand beside it. */
export const isAlone = ({ transaction }: Pick<CheckedStatement, "transaction">): boolean =>
  transaction === "own";

/** Puts words behind the first of the given words that the text has; nothing where it has none. */
export function behindWord(text: string, words: readonly string[], insert: string): readonly FindingEdit[] {
  for (const token of tokenize(text)) {
    if (token.kind !== "word" || !words.includes(text.slice(token.start, token.end).toLowerCase())) continue;
    return [{ start: token.end, end: token.end, text: ` ${insert}` }];
  }
  return [];
}

/** Puts text at the end of a statement, before its semicolon. */
export const atEnd = (text: string, insert: string): readonly FindingEdit[] => [
  { start: text.length, end: text.length, text: insert },
];

/** Writes other statements in the statement's place; nothing where a comment would be lost. */
export function inPlaceOf(text: string, by: readonly string[]): readonly FindingEdit[] {
  for (const token of tokenize(text)) if (isComment(token)) return [];
  return [{ start: 0, end: text.length, text: by.join(";\n") }];
}

/** The table that a statement names, as it names it. */
export function tableIn(
  range: { readonly schemaname?: string; readonly relname?: string } | undefined,
): string {
  return [range?.schemaname, range?.relname]
    .filter((part) => part !== undefined)
    .map((part) => quoteIdentifierIfNeeded(part))
    .join(".");
}
