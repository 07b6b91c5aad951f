import type { QueryConfig, QueryOptions } from "../../src/statement.ts";

/** A statement as generated code hands it over. */
export function statement(text: string, values: unknown[] = [], options: QueryOptions = {}): QueryConfig {
  return {
    text,
    values,
    rowMode: "array",
    types: { getTypeParser: () => (value) => value },
    query: { name: "Test", command: ":many", operation: "SELECT", relations: [] },
    ...options,
  };
}
