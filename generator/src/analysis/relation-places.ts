import type { RawStatement } from "../postgres/raw-parse.ts";
import { walkRaw } from "../postgres/raw-tree.ts";

/**
 * Finds where the relations of FROM stand: bytes into the text, by the name that the query knows each by. A name that means
 * another relation in another part of the query has no place.
 */
export function relationPlaces({ tree }: RawStatement): ReadonlyMap<string, number> {
  const places = new Map<string, number | null>();
  const add = (name: string | undefined, at: number | undefined): void => {
    if (name === undefined) return;
    // The parser leaves out a zero.
    places.set(name, places.has(name) ? null : (at ?? 0));
  };
  walkRaw(tree, (kind, node) => {
    if (kind === "RangeVar") add(node.alias?.aliasname ?? node.relname, node.location);
    else if (kind === "RangeSubselect" || kind === "RangeFunction" || kind === "RangeTableFunc")
      add(node.alias?.aliasname, undefined);
  });
  return new Map([...places].filter((entry): entry is [string, number] => entry[1] !== null && entry[1] > 0));
}
