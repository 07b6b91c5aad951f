import { appendFileSync } from "node:fs";
import { join } from "node:path";

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
 * Gives what picks rows of a matrix that are only known as it runs, by a number that each has: all of them in the long form, and else one in
 * `parts`, others for each commit.
 * @param matrix what the summary calls it
 */
export function pickRows(matrix: string, parts: number): (row: number) => boolean {
  if (isLongForm) return () => true;
  const slice = sliceOf(parts);
  reportSlice(`${matrix}: one in ${parts}`);
  return (row) => row % parts === slice;
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
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined)
    throw new Error("jest ran without its global setup (tests/servers/global-setup.mjs)");
  appendFileSync(join(run, "slices"), `${JSON.stringify(what)}\n`);
}
