import type { Query } from "../../../model/query.ts";
import type { Difference } from "../difference.ts";
import type { Both, PlanInput } from "./model.ts";
import { type Met, type State, works } from "./proofs.ts";
import type { Runs } from "./runs.ts";
import { MAKES, type Make, retyped, withCasts } from "./versions.ts";

/** The reason that a way cannot be gone, and how many queries are against it. */
export interface Obstacle {
  readonly reason: string;
  readonly queries: number;
}

/**
 * Puts the version in between together: each query is made in the first way that works on all schemas that it meets.
 * @param middle the expanded schema, if any
 */
export async function versionInBetween(
  { from, to }: PlanInput,
  all: Runs,
  states: readonly State[],
  middle: State | null,
): Promise<{ readonly both: Both } | Obstacle> {
  const chosen: { query: Query; make: Make }[] = [];
  const met = new Map<State["name"], Map<string, readonly Difference[]>>(
    states.map(({ name }) => [name, new Map()]),
  );
  let left = to.queries;
  const reasons = new Map<string, string>();
  for (const make of MAKES) {
    if (left.length === 0) break;
    const made: Query[] = [];
    for (const query of left) {
      const one = await makeQuery(make, query, { deployed: from.queries, runs: all, states, middle });
      if (one !== null) made.push(one);
    }
    const runs: (readonly [State, Met])[] = [];
    for (const state of states) runs.push([state, await all.made(make, made, state, middle)]);
    for (const query of made) {
      const bad = runs.find(([, one]) => !works(one, query.name));
      if (bad === undefined) {
        for (const [{ name }, one] of runs) met.get(name)!.set(query.name, one.differences.get(query.name)!);
        chosen.push({ query, make });
        continue;
      }
      const first = bad[1].differences.get(query.name)?.find(({ effect }) => effect === "breaks");
      const reason = `${query.name}, on the ${bad[0].name} schema: ${first?.message ?? "it does not work"}`;
      reasons.set(query.name, reason);
    }
    left = left.filter(({ name }) => !chosen.some(({ query }) => query.name === name));
  }
  const [stuck] = left;
  return stuck === undefined
    ? { both: { queries: chosen, met } }
    : { reason: reasons.get(stuck.name) ?? "", queries: left.length };
}

interface Making {
  /** The deployed version's. */
  readonly deployed: readonly Query[];
  readonly runs: Runs;
  readonly states: readonly State[];
  readonly middle: State | null;
}

async function makeQuery(
  make: Make,
  query: Query,
  { deployed: all, runs, states, middle }: Making,
): Promise<Query | null> {
  const deployed = all.find(({ name }) => name === query.name) ?? null;
  switch (make) {
    case "new":
      return query;
    case "new, typed for both schemas": {
      const on = middle ?? runs.deployed;
      const there = (await runs.met("new", on)).there.get(query.name);
      // Other types, and the same texts: those of its variants, too.
      return there === undefined ? null : { ...there, sql: query.sql };
    }
    case "new, with casts": {
      const [first] = states;
      return first === undefined || first.name === "new"
        ? null
        : withCasts(query, (await runs.met("new", first)).there.get(query.name));
    }
    case "deployed":
      return deployed;
    case "deployed, typed for both schemas":
      return (
        deployed && retyped(deployed, (await runs.met("deployed", middle ?? runs.new)).there.get(query.name))
      );
    case "deployed, typed for the new schema":
      return deployed && retyped(deployed, (await runs.met("deployed", runs.new)).there.get(query.name));
  }
}
