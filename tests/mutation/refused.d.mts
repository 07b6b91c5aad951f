import type { Mutant } from "./mutants.d.mts";

export function refusedByCompiler(mutants: readonly Mutant[]): Set<number>;
