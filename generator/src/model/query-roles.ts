import type { Query } from "./query.ts";

/** The roles that a query is meant for, as `-- @role <name> …` above it says; none is every role that no query names. */
export function rolesOf({ comments }: Pick<Query, "comments">): string[] {
  return comments.flatMap((line) => /^\s*@role\s+(.*?)\s*$/.exec(line)?.[1]?.split(/[\s,]+/) ?? []);
}

/** The queries that a role runs: those that name it; where none does, those that name no role. */
export function queriesFor<Q extends Pick<Query, "comments">>(role: string, queries: readonly Q[]): Q[] {
  const named = queries.filter((query) => rolesOf(query).includes(role));
  return named.length > 0 ? named : queries.filter((query) => rolesOf(query).length === 0);
}
