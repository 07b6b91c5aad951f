import { isComment, tokenize } from "../sql/lexer.ts";
import { foldName, unquote } from "../sql/quoting.ts";

/** A token of a plpgsql function's source that is no comment. */
export interface SourceToken {
  /** What an identifier means, quoted or not, and how else the token is written; null for a string, in which a name means nothing. */
  readonly text: string | null;
  readonly isQuoted: boolean;
  readonly start: number;
  readonly end: number;
}

/** Reads a plpgsql function's source by the lexical rules that PostgreSQL has for it, which are SQL's. */
export function sourceTokens(source: string): SourceToken[] {
  return tokenize(source)
    .filter((token) => !isComment(token))
    .map(({ kind, start, end }) => {
      const written = source.slice(start, end);
      const text = kind === "string" ? null : kind === "word" ? foldName(written) : written;
      return {
        // `U&"…"` stays as it is written: a name that nothing is equal to.
        text: kind === "quoted" && written.startsWith('"') ? unquote(written) : text,
        isQuoted: kind === "quoted",
        start,
        end,
      };
    });
}

/** The expressions of all RETURNs, each up to its semicolon; null where one has no end. */
export function returnedTokens(tokens: readonly SourceToken[]): SourceToken[][] | null {
  const found: SourceToken[][] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.isQuoted || token.text !== "return") continue;
    const length = tokens.slice(i + 1).findIndex(({ text, isQuoted }) => text === ";" && !isQuoted);
    if (length === -1) return null;
    found.push(tokens.slice(i + 1, i + 1 + length));
  }
  return found;
}
