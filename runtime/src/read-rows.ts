import type { QueryResult, RawRow } from "./statement.ts";

/**
 * The rows of a statement that was run with `read`, each as that reads it: those that its client has read as they came, and the others. The
 * first of these may be one that cannot be read.
 */
export function readRows<T>(
  { rows, readCount = 0 }: Pick<QueryResult, "rows" | "readCount">,
  read: (row: RawRow) => T,
): T[] {
  if (readCount === 0) return rows.map((row) => read(row));
  return readCount === rows.length
    ? (rows as T[])
    : rows.map((row, i) => (i < readCount ? (row as T) : read(row)));
}
