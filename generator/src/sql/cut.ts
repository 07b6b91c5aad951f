import { nextToken, type Token } from "./lexer.ts";

/** Tells how many characters of white space and comments the text begins with. */
export function leadingBlank(text: string): number {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0].length ?? 0;
}

/** Finds where the statements of a text stand, without reading them: its grammar may not be ours. */
export function cutAtSemicolons(text: string): { start: number; end: number }[] {
  const cuts: { start: number; end: number }[] = [];
  let start = 0;
  let depth = 0;
  /** `begin atomic … end` of a function's body has semicolons of its own, and `case … end` in it. */
  let blocks = 0;
  let before = "";
  for (let token: Token | null = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    const word = text.slice(token.start, token.end).toLowerCase();
    if (token.kind === "word") {
      if (word === "atomic" && before === "begin") blocks = 1;
      else if (blocks > 0 && word === "case") blocks++;
      else if (blocks > 0 && word === "end") blocks--;
    }
    if (token.kind === "punctuation") {
      if (word === "(") depth++;
      else if (word === ")") depth--;
      else if (word === ";" && blocks === 0 && depth <= 0) {
        cuts.push({ start, end: token.start });
        start = token.end;
        depth = 0;
      }
    }
    if (token.kind !== "line comment" && token.kind !== "block comment") before = word;
  }
  cuts.push({ start, end: text.length });
  return cuts.filter((cut) => leadingBlank(text.slice(cut.start, cut.end)) < cut.end - cut.start);
}
