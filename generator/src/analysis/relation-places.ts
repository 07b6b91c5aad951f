import type { ByteOffsets, RawStatement } from "../postgres/raw-parse.ts";
import { nodesOf, walkRaw } from "../postgres/raw-tree.ts";
import { nextToken } from "../sql/lexer.ts";

/**
 * Finds where the relations of FROM stand: offsets into the text, by the name that the query knows each by. A name that means
 * another relation in another part of the query has no place.
 */
export function relationPlaces(
  { tree }: RawStatement,
  text: string,
  offsets: ByteOffsets,
): ReadonlyMap<string, number> {
  const places = new Map<string, number | null>();
  const add = (name: string | undefined, at: number | null): void => {
    if (name !== undefined) places.set(name, places.has(name) ? null : at);
  };
  // The parser leaves out a zero.
  const utf16 = (location: number | undefined): number => offsets.toUtf16(location ?? 0);
  walkRaw(tree, (kind, node) => {
    switch (kind) {
      case "RangeVar":
        add(node.alias?.aliasname ?? node.relname, utf16(node.location));
        return;
      case "RangeSubselect": {
        const first = firstLocation(node);
        add(node.alias?.aliasname, first === null ? null : subselectBefore(utf16(first), text));
        return;
      }
      case "RangeFunction": {
        const first = firstLocation(node.functions);
        add(node.alias?.aliasname ?? nameOfFirst(node.functions), first === null ? null : utf16(first));
        return;
      }
      case "RangeTableFunc":
      case "JsonTable":
        add(node.alias?.aliasname, utf16(node.location));
    }
  });
  return new Map([...places].filter((entry): entry is [string, number] => entry[1] !== null));
}

/** The name of the function that is called first, by which what it gives is known. */
function nameOfFirst(functions: unknown): string | undefined {
  let name: string | undefined;
  walkRaw(functions, (kind, node) => {
    if (kind !== "FuncCall") return true;
    name ??= nodesOf(node.funcname, "String").at(-1)?.sval;
    return false;
  });
  return name;
}

/** The first of all places that nodes within have, in bytes; null where none has one. */
function firstLocation(tree: unknown): number | null {
  if (typeof tree !== "object" || tree === null) return null;
  let first: number | null = null;
  for (const [field, value] of Object.entries(tree)) {
    const found = field === "location" ? (value as number) : firstLocation(value);
    // What has none is at -1.
    if (found !== null && found >= 0 && (first === null || found < first)) first = found;
  }
  return first;
}

const BEGINNINGS = /^(select|values|with|table)$/i;

/** The bracket that opens the subquery of which something stands at the offset: the parser tells no place of it. */
function subselectBefore(offset: number, text: string): number | null {
  let found: number | null = null;
  let bracket: number | null = null;
  for (let token = nextToken(text, 0); token && token.start <= offset; token = nextToken(text, token.end)) {
    if (token.kind === "line comment" || token.kind === "block comment") continue;
    const word = text.slice(token.start, token.end);
    if (bracket !== null && BEGINNINGS.test(word)) found = bracket;
    bracket = word === "(" ? token.start : null;
  }
  return found;
}
