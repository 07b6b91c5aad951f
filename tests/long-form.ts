import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runFolder } from "./servers/shared-server.ts";

/**
 * Whether what is a matrix, or statistics, runs as a whole (`npm run test:long`). Otherwise such a suite runs what covers each kind of fault
 * that it was made for.
 */
export const isLongForm = process.env.SOLITUDE_TESTS === "long";

/** Gives all rows of a table in the long form, and else those that `isShort` picks. */
export function rowsToRun<T>(rows: readonly T[], isShort: (row: T, index: number) => boolean): readonly T[] {
  return isLongForm ? rows : rows.filter(isShort);
}

/**
 * Gives all rows of a matrix in the long form, and else a slice of them, every `parts`-th: another one for each commit, so that a few runs have all
 * of them. The run's summary says which it was.
 * @param matrix what the summary calls it
 */
export function sliceToRun<T>(matrix: string, rows: readonly T[], parts: number): readonly T[] {
  const slice = sliceOf(parts);
  const chosen = rowsToRun(rows, (_, i) => i % parts === slice);
  if (chosen.length < rows.length) reportSlice(`${matrix}: ${chosen.length} of ${rows.length}`);
  return chosen;
}

/**
 * Gives how many cases a fuzzer tries from which seed: all in the long form, and else a part of them, from another seed for each commit.
 * @param fuzzer what the summary calls it
 */
export function casesToRun(
  fuzzer: string,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  parts: number,
): { readonly runs: number; readonly seed: number } {
  if (isLongForm || process.env.SOLITUDE_FUZZ_RUNS !== undefined) return { runs, seed };
  const part = { runs: Math.ceil(runs / parts), seed: seed + sliceOf(parts) };
  reportSlice(`${fuzzer}: ${part.runs} cases from the seed ${part.seed}`);
  return part;
}

/** Gives the one of so many slices that this commit runs. */
const sliceOf = (parts: number): number => Number(process.env.SOLITUDE_SLICE ?? 0) % parts;

/** Has the run's summary say what a part was tested of. */
function reportSlice(what: string): void {
  appendFileSync(join(runFolder(), "slices"), `${JSON.stringify(what)}\n`);
}
