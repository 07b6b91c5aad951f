import type { QueryResult } from "../analysis/analyze-query.ts";
import type { QuerySource } from "../model/source.ts";

/** Where a query stands in its file. */
export type Place = Pick<QuerySource, "span" | "line">;

/** Gives the result of a query for the same one elsewhere in its file. */
export function movedResult(result: QueryResult, from: Place, to: Place): QueryResult {
  const by = to.span.start - from.span.start;
  if (by === 0 && to.line === from.line) return result;
  const moved = by === 0 ? result : moveOffsets(result, from, by);
  return "query" in moved ? { ...moved, query: { ...moved.query, line: to.line } } : moved;
}

/** Moves the spans in the query's file, and the offsets of reasons (`at`). */
function moveOffsets<T>(value: T, { span }: Place, by: number): T {
  const { file, start: first } = span;
  const walk = (at: unknown): unknown => {
    if (typeof at !== "object" || at === null) return at;
    if (Array.isArray(at)) return at.map(walk);
    const moved: Record<string, unknown> = {};
    for (const [key, own] of Object.entries(at))
      moved[key] =
        key === "at" && typeof own === "number" ? own + by : key === "span" ? moveSpan(own) : walk(own);
    return moved;
  };
  const moveSpan = (own: unknown): unknown => {
    const place = own as Place["span"] | null | undefined;
    return place?.file === file && place.start >= first
      ? { ...place, start: place.start + by, end: place.end + by }
      : own;
  };
  return walk(value) as T;
}
