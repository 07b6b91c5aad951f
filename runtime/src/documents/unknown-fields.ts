import { isDeepStrictEqual } from "node:util";
import { isPlain } from "./values.ts";

/**
 * Keeps what is written, with the fields that the schema has dropped from what was stored: another release has them. A field that
 * the schema knows is as it is in `next`, absent ones too.
 * @param stored what was read
 * @param known what the schema has made of it
 * @param next what the schema has made of the change
 */
export function keepUnknown(stored: unknown, known: unknown, next: unknown): unknown {
  if (isPlain(stored) && isPlain(known) && isPlain(next)) {
    let result: Record<string, unknown> | undefined;
    for (const key of Object.keys(stored)) {
      const kept = Object.hasOwn(known, key)
        ? Object.hasOwn(next, key)
          ? keepUnknown(stored[key], known[key], next[key])
          : undefined
        : (next[key] ?? stored[key]);
      if (kept === undefined || kept === next[key]) continue;
      result ??= { ...next };
      result[key] = kept;
    }
    return result ?? next;
  }
  if (Array.isArray(stored) && Array.isArray(known) && Array.isArray(next) && stored.length === known.length)
    return keepInElements(stored, known, next);
  return next;
}

/** An element is the one that it is equal to, wherever it has moved; else, where none came or went, the one in its place. */
function keepInElements(stored: unknown[], known: unknown[], next: unknown[]): unknown {
  let changed = false;
  const used = new Set<number>();
  const sources = next.map((element, index) => {
    if (typeof element !== "object" || element === null) return undefined;
    const same = (at: number) => !used.has(at) && isDeepStrictEqual(known[at], element);
    const source = same(index) ? index : known.findIndex((_, at) => same(at));
    if (source < 0) return undefined;
    used.add(source);
    return source;
  });
  const result = next.map((element, index) => {
    const source = sources[index] ?? (next.length === known.length && !used.has(index) ? index : undefined);
    if (source === undefined) return element;
    const kept = keepUnknown(stored[source], known[source], element);
    if (kept !== element) changed = true;
    return kept;
  });
  return changed ? result : next;
}
