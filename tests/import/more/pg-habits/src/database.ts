import type { Pool, QueryResult } from "pg";

/** A class of the project's own, whose `query` takes a text. */
export class Database {
  constructor(private readonly pool: Pool) {}

  // biome-ignore lint/suspicious/noExplicitAny: as pg has it
  query(text: string, values: unknown[] = []): Promise<QueryResult<any>> {
    return this.pool.query(text, values);
  }
}
