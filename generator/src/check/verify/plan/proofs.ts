import type { Query } from "../../../model/query.ts";
import type { Difference } from "../difference.ts";
import { findingsOf, found } from "../met.ts";
import { type CrossedSides, crossOver, type SideOf } from "../trial/both.ts";

/** A schema on the way from the deployed one to the new one. */
export interface State {
  readonly name: "deployed" | "expanding" | "expanded" | "new";
  readonly side: SideOf;
}

/** What became of queries on a schema. */
export interface Met {
  /** By the query's name; those that nothing happens to have an empty list. */
  readonly differences: ReadonlyMap<string, readonly Difference[]>;
  /** The queries as that schema understands them, those that it takes. */
  readonly there: ReadonlyMap<string, Query>;
}

/** Tells whether a query works, but for what is to be looked at. */
export const works = (met: Met, query: string): boolean =>
  met.differences.get(query)?.every(({ effect }) => effect === "may") ?? false;

/** Runs queries, which a client on the schema of their home sends, on another one. */
export async function runOn(
  queries: readonly Query[],
  home: State,
  on: State,
  role: string | null,
): Promise<Met> {
  if (queries.length === 0) return { differences: new Map(), there: new Map() };
  const sides = await triedOn({ ...home.side, queries }, { ...on.side, queries: [] }, role);
  const differences = new Map<string, readonly Difference[]>();
  const there = new Map<string, Query>();
  for (const [i, query] of queries.entries()) {
    const one = sides?.deployed[i]?.crossed;
    if (sides === null || one === undefined) {
      differences.set(query.name, [broken("the schema could not be applied")]);
      continue;
    }
    if ("query" in one.other) there.set(query.name, one.other.query);
    const problem = "problem" in one.own ? one.own.problem : one.trial?.refusedAtHome;
    const met = found(one, sides.old, sides.now).filter(({ nullOf }) => mayBeNull(query, nullOf));
    differences.set(query.name, problem ? [broken(problem)] : met);
  }
  return { differences, there };
}

/** The same for the new version's, of which those that are deployed are called as ever on a schema that came before. */
export async function runAhead(
  next: SideOf,
  deployed: readonly Query[],
  on: State,
  role: string | null,
): Promise<Met> {
  const sides = await triedOn({ ...on.side, queries: deployed }, next, role);
  const differences = new Map<string, Difference[]>(next.queries.map(({ name }) => [name, []]));
  const there = new Map<string, Query>();
  if (sides === null)
    return {
      differences: new Map(
        next.queries.map(({ name }) => [name, [broken("the schema could not be applied")]]),
      ),
      there,
    };
  // As that schema has them: the types of another application have other numbers.
  const known = sides.deployed.map(({ query, crossed }) => ({
    query: "query" in crossed.own ? crossed.own.query : query,
    crossed,
  }));
  for (const finding of findingsOf({ ...sides, deployed: known }, next.queries, null))
    if (finding.version === "new" && finding.order === "deploy-first")
      differences.get(finding.query)?.push(finding);
  for (const [i, { name }] of next.queries.entries()) {
    const { other } = sides.next[i]!.crossed;
    if ("query" in other) there.set(name, other.query);
  }
  return { differences, there };
}

/** Tries all queries, those too that nothing concerns: that they work is what is to be shown. */
async function triedOn(base: SideOf, head: SideOf, role: string | null): Promise<CrossedSides | null> {
  return (await crossOver(base, head, { role, all: true })).crossed?.sides ?? null;
}

const broken = (message: string): Difference => ({ code: "verify-broken", effect: "breaks", message });

const mayBeNull = ({ params }: Query, number: number | undefined): boolean =>
  number === undefined || (params.find((param) => param.number === number)?.nullable ?? true);
