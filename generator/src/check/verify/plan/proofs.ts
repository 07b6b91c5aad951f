import type { Query } from "../../../model/query.ts";
import type { Difference } from "../difference.ts";
import { findingsOf, found } from "../met.ts";
import { type Crossed, type CrossedSides, crossOver, type SideOf } from "../trial/both.ts";

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

/** How queries are tried. */
export interface Trying {
  readonly role: string | null;
  /** Whether to try what the step cannot concern, too. */
  readonly all: boolean;
  /** What came of trying the same before. */
  readonly known?: CrossedSides | undefined;
}

/** Runs queries, which a client on the schema of their home sends, on another one. */
export async function runOn(queries: readonly Query[], home: State, on: State, trying: Trying): Promise<Met> {
  if (queries.length === 0) return { differences: new Map(), there: new Map() };
  const sides = await triedOn({ ...home.side, queries }, { ...on.side, queries: [] }, trying);
  if (sides === null) return nowhere(queries);
  // What the difference of the schemas cannot concern fares there as it does at home.
  const differences = new Map<string, readonly Difference[]>(queries.map(({ name }) => [name, []]));
  const there = new Map(queries.map((query) => [query.name, query]));
  if (sides === "same") return { differences, there };
  const { old, now, deployed } = sides;
  for (const { query, crossed } of deployed) {
    if ("query" in crossed.other) there.set(query.name, crossed.other.query);
    else there.delete(query.name);
    const problem = "problem" in crossed.own ? crossed.own.problem : sureRefusal(crossed);
    const met = found(crossed, old, now).filter(({ nullOf }) => mayBeNull(query, nullOf));
    differences.set(query.name, problem ? [broken(problem)] : met);
  }
  return { differences, there };
}

/** The same for the new version's, of which those that are deployed are called as ever on a schema that came before. */
export async function runAhead(
  next: SideOf,
  deployed: readonly Query[],
  on: State,
  trying: Trying,
): Promise<Met> {
  const sides = await triedOn({ ...on.side, queries: deployed }, next, trying);
  if (sides === null) return nowhere(next.queries);
  const differences = new Map<string, Difference[]>(next.queries.map(({ name }) => [name, []]));
  const there = new Map(next.queries.map((query) => [query.name, query]));
  if (sides === "same") return { differences, there };
  // As that schema has them: the types of another application have other numbers.
  const known = sides.deployed.map(({ query, crossed }) => ({
    query: "query" in crossed.own ? crossed.own.query : query,
    crossed,
  }));
  for (const finding of findingsOf({ ...sides, deployed: known }, next.queries, null))
    if (finding.version === "new" && finding.order === "deploy-first")
      differences.get(finding.query)?.push(finding);
  for (const { query, crossed } of sides.next) {
    if ("query" in crossed.other) there.set(query.name, crossed.other.query);
    else there.delete(query.name);
  }
  return { differences, there };
}

/** Tells of queries that their schema cannot be applied. */
const nowhere = (queries: readonly Query[]): Met => ({
  differences: new Map(queries.map(({ name }) => [name, [broken("the schema could not be applied")]])),
  there: new Map(),
});

/**
 * Tries the queries that the difference of two schemas may concern.
 * @returns null where a schema is wrong; "same" where it concerns none
 */
async function triedOn(base: SideOf, head: SideOf, trying: Trying): Promise<CrossedSides | "same" | null> {
  if (trying.known !== undefined) return trying.known;
  const { crossed } = await crossOver(base, head, trying);
  return crossed === null ? null : (crossed.sides ?? "same");
}

const sureRefusal = ({ refusedAtHome }: Crossed): string | null =>
  refusedAtHome?.isSure ? refusedAtHome.message : null;

const broken = (message: string): Difference => ({ code: "verify-broken", effect: "breaks", message });

const mayBeNull = ({ params }: Query, number: number | undefined): boolean =>
  number === undefined || (params.find((param) => param.number === number)?.nullable ?? true);
