import { NoRowsError } from "./errors/errors.ts";
import type { QueryResult, RawRow } from "./statement.ts";

/** The first row of a statement that is to give one. @throws NoRowsError */
export function promisedRow({ rows }: Pick<QueryResult, "rows">, query: string): RawRow {
  const [row] = rows;
  if (row === undefined) throw new NoRowsError("no row came", { query });
  return row;
}
