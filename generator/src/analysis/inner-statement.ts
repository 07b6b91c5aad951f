import type { RawKind } from "../postgres/raw-tree.ts";
import { isComment, type Token, tokenize } from "../sql/lexer.ts";

/**
 * Gives the text of the statement that a utility statement plans, or of a query that gives the arguments of a CALL: they are analysed as any other.
 * @returns null where there is none
 */
export function innerStatement(kind: RawKind, text: string): string | null {
  const tokens = tokenize(text).filter((token) => !isComment(token));
  const written = (token: Token | undefined): string =>
    token === undefined ? "" : text.slice(token.start, token.end).toLowerCase();
  /** The place of a word that stands in no parentheses. */
  const outside = (word: string, from = 0): number => {
    let depth = 0;
    return tokens.findIndex((token, i) => {
      const one = written(token);
      depth += one === "(" ? 1 : one === ")" ? -1 : 0;
      return i >= from && depth === 0 && token.kind === "word" && one === word;
    });
  };
  const behind = (at: number): string | null => {
    const next = at < 0 ? undefined : tokens[at + 1];
    return next === undefined ? null : text.slice(next.start).replace(/;\s*$/, "");
  };
  switch (kind) {
    case "ExplainStmt": {
      let at = 0;
      if (written(tokens[1]) === "(") at = closing(tokens, 1, written);
      while (OPTIONS.has(written(tokens[at + 1]))) at++;
      return behind(at);
    }
    case "CreateTableAsStmt":
      return behind(outside("as"))?.replace(/\swith\s+(?:no\s+)?data\s*$/i, "") ?? null;
    case "PrepareStmt":
      return behind(outside("as"));
    case "DeclareCursorStmt":
      return behind(outside("for", outside("cursor")));
    case "CallStmt": {
      const open = tokens.findIndex((token) => written(token) === "(");
      if (open < 0) return null;
      const end = closing(tokens, open, written);
      const args: string[] = [];
      let from = open + 1;
      for (let i = from; i <= end; i++) {
        // `name => value`
        if (/^(?:=>|:=)$/.test(written(tokens[i])) && i === from + 1) from = i + 1;
        if (written(tokens[i]) === "(" || written(tokens[i]) === "[") i = closing(tokens, i, written);
        else if ((written(tokens[i]) === "," || i === end) && i > from) {
          args.push(text.slice(tokens[from]!.start, tokens[i]!.start));
          from = i + 1;
        }
      }
      return args.length === 0 ? null : `select ${args.join(", ")}`;
    }
    default:
      return null;
  }
}

/** Of EXPLAIN without parentheses. */
const OPTIONS: ReadonlySet<string> = new Set(["analyze", "analyse", "verbose"]);

/** The place of what closes the parenthesis or bracket at a place. */
function closing(tokens: readonly Token[], open: number, written: (token: Token) => string): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const one = written(tokens[i]!);
    if (one === "(" || one === "[") depth++;
    else if (one === ")" || one === "]") depth--;
    if (depth === 0) return i;
  }
  return tokens.length - 1;
}
