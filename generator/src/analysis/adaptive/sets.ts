import { choosable, countOf, type ParamTest } from "./choices.ts";
import { type Cutting, leavesOf } from "./cutting.ts";

/** Up to so many variants are all prepared; of more the covering set. */
export const ALL_UP_TO = 64;

/**
 * Tells which sets of given parameters are prepared: all where there are few. Else nothing, everything, and for each part what it alone
 * needs: a parameter has its type from the place where it first stands, and in every variant that is the place where it stands in
 * one of these. No test of CASE changes a type.
 */
export function setsToPrepare(
  cutting: Cutting,
  deciding: readonly number[],
  tests: readonly ParamTest[],
): { readonly sets: readonly ReadonlySet<number>[]; readonly isComplete: boolean } {
  if (2 ** deciding.length * countOf(tests) <= ALL_UP_TO) {
    const chosen = choosable(tests);
    const sets = Array.from({ length: 2 ** deciding.length }, (_, bits) => setOf(bits, deciding));
    return {
      sets: chosen.flatMap((ids) => sets.map((given) => new Set([...given, ...ids]))),
      isComplete: true,
    };
  }
  const ids = [...deciding, ...tests.map(({ id }) => id)];
  const sets = new Map<number, ReadonlySet<number>>();
  const add = (given: Iterable<number>): void => {
    const set = new Set(given);
    sets.set(bitsOf(set, ids), set);
  };
  add([]);
  add(everything(deciding, tests));
  for (const id of ids) add([id]);
  for (const cut of cutting.cuts) {
    for (const leaf of leavesOf(cut)) add(leaf.needs);
    // Where all of a clause is given and nothing else, least is known and most is left out.
    add([...leavesOf(cut)].flatMap(({ needs }) => [...needs]));
  }
  // Assignments, and what HAVING keeps of groups, can take away what is proven; conditions only add to it.
  const least = cutting.cuts.filter(({ clause }) => clause.kind === "set" || clause.kind === "having");
  add(least.flatMap((cut) => [...leavesOf(cut)].flatMap(({ needs }) => [...needs])));
  return { sets: [...sets.values()], isComplete: false };
}

/** All that can be given together. */
export function everything(deciding: readonly number[], tests: readonly ParamTest[]): ReadonlySet<number> {
  const firsts = tests.filter(({ param }, i) => tests.findIndex((one) => one.param === param) === i);
  return new Set([...deciding, ...firsts.map(({ id }) => id)]);
}

/** A number with a bit for each that is given. */
export function bitsOf(given: ReadonlySet<number>, deciding: readonly number[]): number {
  return deciding.reduce((bits, number, i) => (given.has(number) ? bits | (1 << i) : bits), 0);
}

function setOf(bits: number, deciding: readonly number[]): ReadonlySet<number> {
  return new Set(deciding.filter((_, i) => (bits & (1 << i)) !== 0));
}
