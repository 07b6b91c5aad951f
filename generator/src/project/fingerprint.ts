import type { QuerySource } from "../model/source.ts";

const known = new WeakMap<QuerySource, string>();

/** Everything about a query that its analysis depends on, positions included. */
export function fingerprint(query: QuerySource): string {
  let print = known.get(query);
  if (print === undefined) {
    print = JSON.stringify([
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
    known.set(query, print);
  }
  return print;
}
