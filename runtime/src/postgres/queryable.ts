import { type QueryConfig, type QueryOptions, type QueryResult, rawText } from "../statement.ts";
import type { Operation } from "../telemetry/telemetry.ts";
import type { Connection } from "./connection.ts";
import type { Interrupt } from "./interrupt.ts";

/** A connection for one call, and what may interrupt the call. */
export interface Lease {
  readonly connection: Connection;
  readonly interrupt: Interrupt | undefined;
  /** What the call is part of, where that is not the active span already. */
  readonly parent?: Operation | undefined;
  end(outcome?: { readonly error?: unknown }): void;
}

/** What a pool, a connection and a transaction have in common: they differ in where the connection comes from. */
export abstract class Queryable {
  /**
   * @param query the name to put into errors
   */
  protected abstract lease(options: QueryOptions, query?: string): Promise<Lease>;

  /**
   * Runs a statement that there is no generated function for, such as `set local`. Values come as PostgreSQL's text;
   * it is not prepared. The name stands in errors and spans.
   */
  async execute(
    text: string,
    values: unknown[] = [],
    { name = "execute", ...options }: QueryOptions & { readonly name?: string } = {},
  ): Promise<QueryResult> {
    const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "";
    const query = { name, command: ":exec", operation, relations: [], isAdHoc: true };
    return this.query({ ...options, text, values, rowMode: "array", types: rawText, query, prepare: false });
  }

  /** Runs one statement. */
  async query(config: QueryConfig): Promise<QueryResult> {
    const lease = await this.lease(config, config.query.name);
    try {
      const { connection, interrupt, parent } = lease;
      if (parent === undefined) return await connection.run(config, interrupt);
      return await parent.within(() => connection.run(config, interrupt));
    } finally {
      lease.end();
    }
  }
}
