import { isComment, tokenize } from "../../sql/lexer.ts";
import { nameOf, textOf } from "../../sql/quoting.ts";

/**
 * Gives the schemas in which who sends a text looks names up: of types, operators, collations, text search configurations, and of what is named in
 * strings (`'audit.log'::regclass`). Analysis leaves the objects of them, and no names. One too many is given rather than one too few.
 * @param types whose names may stand without their schemas
 */
export function schemasNamed(
  text: string,
  schemas: readonly string[],
  types: readonly { readonly schema: string; readonly name: string }[],
): string[] {
  const tokens = tokenize(text).filter((token) => !isComment(token));
  const written = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
  const named = new Set<string>();
  for (const [i, token] of tokens.entries()) {
    if (token.kind === "string") {
      const [first, second] = partsIn(textOf(written(token)) ?? "");
      if (first !== undefined && second !== undefined) named.add(first);
      continue;
    }
    if (token.kind !== "word" && token.kind !== "quoted") continue;
    const name = nameOf(written(token));
    const next = tokens[i + 1];
    if (next !== undefined && written(next) === ".") named.add(name);
    for (const type of types) if (type.name === name) named.add(type.schema);
  }
  return schemas.filter((schema) => named.has(schema));
}

/** The parts of a name in a string; none where it is something else. */
function partsIn(text: string): string[] {
  const tokens = tokenize(text);
  const [first, dot, second] = tokens;
  if (first === undefined || dot === undefined || second === undefined) return [];
  const isName = (kind: string): boolean => kind === "word" || kind === "quoted";
  if (!isName(first.kind) || text.slice(dot.start, dot.end) !== "." || !isName(second.kind)) return [];
  return [first, second].map(({ start, end }) => nameOf(text.slice(start, end)));
}
