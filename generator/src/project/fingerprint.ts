import type { QuerySource } from "../model/source.ts";

/** Everything about a query that its analysis depends on, positions included. */
export function fingerprint(query: QuerySource): string {
  return JSON.stringify([
    query.name,
    query.command,
    query.span,
    query.line,
    query.comments,
    query.text,
    query.params,
    query.embeds,
    query.flags,
  ]);
}
