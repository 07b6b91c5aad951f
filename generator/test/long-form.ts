import { appendFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether what is a matrix, or statistics, runs as a whole (`npm run test:long`). Otherwise such a suite runs what covers each kind of fault
 * that it was made for.
 */
export const isLongForm = process.env.SOLITUDE_TESTS === "long";

/** Whether what the tests find now is written as what they expect: all of it. */
const WRITES_GOLDENS = process.env.UPDATE_EXPECTED === "1" || process.env.SOLITUDE_UPDATE === "1";

/** A number of this commit's. */
const SLICE = Number(process.env.SOLITUDE_SLICE ?? 0);

/** Gives all rows of a table in the long form, and else those that `isShort` picks. */
export function rowsToRun<T>(rows: readonly T[], isShort: (row: T, index: number) => boolean): readonly T[] {
  return isLongForm ? rows : rows.filter(isShort);
}

/** What a slice of a matrix has beside every so-many-th row. */
interface Slicing<T> {
  /** Gives what a row shows: of each kind a slice has one at least. */
  readonly kindOf?: (row: T) => string;
  /** Gives whether a row has been written lately: each slice has it. */
  readonly isTouched?: (row: T) => boolean;
}

/**
 * Gives all rows of a matrix in the long form, and else a slice of them, every `parts`-th of each kind: another one for each commit, so that a few runs
 * have all of them, and what was written lately in any. The run's summary says which it was.
 * @param matrix what the summary calls it
 */
export function sliceToRun<T>(
  matrix: string,
  rows: readonly T[],
  parts: number,
  slicing: Slicing<T> = {},
): readonly T[] {
  if (isLongForm || WRITES_GOLDENS) return rows;
  const chosen = takeSlice(rows, parts, SLICE, slicing);
  if (chosen.length < rows.length) {
    const touched = chosen.filter(slicing.isTouched ?? (() => false)).length;
    const lately = touched > 0 ? ` (${touched} written lately)` : "";
    reportSlice(`${matrix}: ${chosen.length} of ${rows.length}${lately}`);
  }
  return chosen;
}

/** Gives every `parts`-th row of each kind, from the `slice`-th on, one at least, and those that have been written lately. */
export function takeSlice<T>(
  rows: readonly T[],
  parts: number,
  slice: number,
  { kindOf = () => "", isTouched = () => false }: Slicing<T>,
): readonly T[] {
  const byKind = new Map<string, T[]>();
  for (const row of rows) {
    const kind = kindOf(row);
    byKind.set(kind, [...(byKind.get(kind) ?? []), row]);
  }
  const chosen = new Set<T>();
  for (const all of byKind.values()) {
    const every = Math.min(parts, all.length);
    for (const [i, row] of all.entries()) if (i % every === slice % every) chosen.add(row);
  }
  return rows.filter((row) => chosen.has(row) || isTouched(row));
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
const sliceOf = (parts: number): number => SLICE % parts;

/** Has the run's summary say what a part was tested of. */
function reportSlice(what: string): void {
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined)
    throw new Error("jest ran without its global setup (tests/servers/global-setup.mjs)");
  appendFileSync(join(run, "slices"), `${JSON.stringify(what)}\n`);
}
