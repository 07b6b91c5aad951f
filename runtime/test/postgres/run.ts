import type { Client, QueryOptions } from "../../src/statement.ts";
import { statement } from "./statement.ts";

/** The rows of a statement. */
export async function run(
  on: Client,
  text: string,
  values: unknown[] = [],
  options: QueryOptions = {},
): Promise<unknown[][]> {
  return (await on.query(statement(text, values, options))).rows;
}
