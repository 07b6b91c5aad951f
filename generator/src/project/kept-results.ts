import type { QueryResult } from "../analysis/analyze-query.ts";
import type { Oid } from "../model/catalog.ts";
import type { Definitions } from "../postgres/definitions.ts";
import type { Mentions } from "../postgres/mentions.ts";
import type { Place } from "./moved-result.ts";
import { WhatStays } from "./what-stays.ts";

/** A result, and what it rests on; null where that is not known. */
export interface Remembered {
  readonly result: QueryResult;
  readonly mentions: Mentions | null;
  /** Where the query stood. */
  readonly place: Place;
}

/** What was found in a database, for another with a schema that is nearly the same. */
export interface Predecessor {
  readonly definitions: Definitions;
  /** By the query's fingerprint. */
  readonly results: ReadonlyMap<string, Remembered>;
}

/** Gives the results of a predecessor that hold with these definitions, as they are there. */
export function keptResults(
  { definitions, results }: Predecessor,
  now: Definitions,
): { readonly results: ReadonlyMap<string, Remembered>; readonly oids: ReadonlySet<Oid> } {
  const stays = new WhatStays(definitions, now);
  const kept = new Map<string, Remembered>();
  const oids = new Set<Oid>();
  for (const [fingerprint, { result, mentions, place }] of results) {
    if (mentions === null || !("query" in result) || !stays.holds(mentions)) continue;
    // It has no tree that would say what it mentions.
    if (result.query.statement === "utility") continue;
    const found = new Set<Oid>();
    const query = withOids(result.query, (oid) => {
      const own = stays.oid(oid);
      if (own !== null) found.add(own);
      return own;
    });
    if (query === null) continue;
    for (const oid of found) oids.add(oid);
    const mentioned = mentions.oids.map((oid) => stays.oid(oid) ?? oid);
    kept.set(fingerprint, {
      result: { ...result, query },
      mentions: { oids: mentioned, words: mentions.words },
      place,
    });
  }
  return { results: kept, oids };
}

/** The fields of a query, and of all within it, that hold an oid. */
const OIDS = new Set(["type", "arrayOf", "relation"]);

/** Gives a value with other oids, itself where they are the same; null where one of them has none. */
function withOids<T>(value: T, oidOf: (oid: Oid) => Oid | null): T | null {
  let isLost = false;
  const walk = (at: unknown): unknown => {
    if (typeof at !== "object" || at === null) return at;
    let changed: Record<string, unknown> | unknown[] | null = null;
    for (const key of Object.keys(at)) {
      const before = (at as Record<string, unknown>)[key];
      const isOid = typeof before === "number" && OIDS.has(key);
      const after = isOid ? oidOf(before) : walk(before);
      if (isOid && after === null) isLost = true;
      if (after === before) continue;
      changed ??= Array.isArray(at) ? [...at] : { ...at };
      (changed as Record<string, unknown>)[key] = after;
    }
    return changed ?? at;
  };
  const found = walk(value) as T;
  return isLost ? null : found;
}
