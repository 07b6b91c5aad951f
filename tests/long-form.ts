/**
 * Whether what is a matrix, or statistics, runs as a whole (`npm run test:long`). Otherwise such a suite runs what covers each kind of fault
 * that it was made for.
 */
export const isLongForm = process.env.SOLITUDE_TESTS === "long";

/** Gives all rows of a table in the long form, and else those that `isShort` picks. */
export function rowsToRun<T>(rows: readonly T[], isShort: (row: T, index: number) => boolean): readonly T[] {
  return isLongForm ? rows : rows.filter(isShort);
}
