import { nextToken, type Token } from "./lexer.ts";

const isName = ({ kind }: Token): boolean => kind === "word" || kind === "quoted";

/**
 * Gives the end of what begins at an offset, as people would underline it: a name with its qualifiers, a constant, a parameter,
 * an operator; at least one character.
 */
export function wordEnd(text: string, offset: number): number {
  let token = nextToken(text, offset);
  if (token === null || token.start !== offset) return Math.min(offset + 1, text.length);
  // `@name` and `sqlc.arg` are names, too.
  const isSigned = token.kind === "operator" && text[offset] === "@";
  if (isSigned) {
    const name = nextToken(text, offset + 1);
    if (name?.start === offset + 1 && isName(name)) token = name;
  }
  let end = token.end;
  while (isName(token) && text[end] === ".") {
    const next = nextToken(text, end + 1);
    if (next === null || next.start !== end + 1 || !isName(next)) break;
    token = next;
    end = next.end;
  }
  return end;
}
