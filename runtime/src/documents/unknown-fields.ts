import { isDeepStrictEqual } from "node:util";
import { BSON } from "mongodb";
import { isPlain, setOwn } from "./values.ts";

/**
 * Keeps what is written, with the fields that the schema has dropped from what was stored: another release has them. A field that
 * the schema knows is as it is in `next`, absent ones too.
 * @param stored what was read
 * @param known what the schema has made of it; nobody else may have changed it
 * @param next what the schema has made of the change
 */
export function keepUnknown(stored: unknown, known: unknown, next: unknown): unknown {
  if (isPlain(stored) && isPlain(known) && isPlain(next)) {
    let result: Record<string, unknown> | undefined;
    for (const key of Object.keys(stored)) {
      const isKnown = Object.hasOwn(known, key);
      const isWritten = Object.hasOwn(next, key);
      if (isKnown ? !isWritten : isWritten) continue;
      const kept = isKnown ? keepUnknown(stored[key], known[key], next[key]) : stored[key];
      if (isWritten && kept === next[key]) continue;
      result ??= { ...next };
      setOwn(result, key, kept);
    }
    return result ?? next;
  }
  if (Array.isArray(stored) && Array.isArray(known) && Array.isArray(next) && stored.length === known.length)
    return keepInElements(stored, known, next);
  return next;
}

/**
 * Elements have no identity, and none may get what was another's: an element is the one that it is equal to, wherever it has
 * moved; else the one that it shares a text or an ObjectId with which no other element has in that field. Of any other nothing is kept.
 */
function keepInElements(stored: unknown[], known: unknown[], next: unknown[]): unknown {
  const sources = new Array<number | undefined>(next.length);
  const used = new Set<number>();
  const take = (index: number, source: number | undefined) => {
    if (source === undefined || source < 0 || used.has(source)) return;
    sources[index] = source;
    used.add(source);
  };
  for (const [index, element] of next.entries()) {
    if (typeof element !== "object" || element === null) continue;
    const isSame = (at: number) => !used.has(at) && isDeepStrictEqual(known[at], element);
    take(index, isSame(index) ? index : known.findIndex((_, at) => isSame(at)));
  }
  const [ofKnown, ofNext] = [identities(known), identities(next)];
  for (const [index, element] of next.entries()) {
    if (sources[index] !== undefined) continue;
    const shared = new Set<number>();
    for (const name of namesOf(element)) {
      const source = ofNext.get(name) === index ? ofKnown.get(name) : undefined;
      if (source !== undefined) shared.add(source);
    }
    // Of two that it may be, it is neither.
    if (shared.size === 1) take(index, [...shared][0]);
  }
  let changed = false;
  const result = next.map((element, index) => {
    const source = sources[index];
    if (source === undefined) return element;
    const kept = keepUnknown(stored[source], known[source], element);
    changed ||= kept !== element;
    return kept;
  });
  return changed ? result : next;
}

/** The elements by what only they have; undefined where several have it. */
function identities(elements: readonly unknown[]): ReadonlyMap<string, number | undefined> {
  const found = new Map<string, number | undefined>();
  for (const [index, element] of elements.entries())
    for (const name of namesOf(element)) found.set(name, found.has(name) ? undefined : index);
  return found;
}

/** The values of an element that may tell it from others: numbers and flags are too often the same by chance. */
function namesOf(element: unknown): string[] {
  if (!isPlain(element)) return [];
  return Object.entries(element).flatMap(([key, value]) => {
    if (typeof value === "string" && value !== "") return [JSON.stringify([key, value])];
    return value instanceof BSON.ObjectId ? [JSON.stringify([key, value.toHexString(), "ObjectId"])] : [];
  });
}
