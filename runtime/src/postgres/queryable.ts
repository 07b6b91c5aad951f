import {
  type BatchOptions,
  type Client,
  type CopyConfig,
  type QueryConfig,
  type QueryOptions,
  type QueryResult,
  type RawRow,
  rawText,
} from "../statement.ts";
import { nothing, type Operation } from "../telemetry/telemetry.ts";
import { batch } from "./batch.ts";
import type { Connection } from "./connection.ts";
import { copyRows } from "./copy.ts";
import { copyTo } from "./copy-to.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Scope } from "./scope.ts";
import { fetches } from "./stream.ts";
import type { Transaction } from "./transaction.ts";

/** A connection for one call, and what may interrupt the call. */
export interface Lease {
  readonly connection: Connection;
  readonly interrupt: Interrupt;
  /** Whether its holder can be reached in other ways too, so that a transaction must be one before it is used. */
  readonly isShared?: boolean | undefined;
  /** The settings that hold for the call; of a transaction those that it began with. */
  readonly scope?: Scope | undefined;
  /** Whether the transaction began with such. */
  readonly isInScope?: boolean | undefined;
  /** That which the call is in. */
  readonly transaction?:
    | Pick<Transaction, "interrupt" | "isOpen" | "throwIfEnded" | "throwIfUnusable">
    | undefined;
  /** What the call is part of, where that is not the active span already. */
  readonly parent?: Operation | undefined;
  /** Missing where there is nothing to do. */
  readonly end?: ((outcome?: { readonly error?: unknown }) => void) | undefined;
}

/** What a pool, a connection and a transaction have in common: they differ in where the connection comes from. */
export abstract class Queryable implements Client {
  /**
   * @param query the name to put into errors
   */
  protected abstract lease(options: QueryOptions, query?: string): Lease | Promise<Lease>;

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
  query(config: QueryConfig): Promise<QueryResult> {
    return this.#run(config, config.query.name, ({ connection, interrupt, scope }) =>
      connection.run(config, interrupt, scope),
    );
  }

  /**
   * Sends all statements at once, and settles each in its place. Outside a transaction each is one of its own, unless they
   * are `atomic`. The options are for the whole; those of a statement are not read.
   */
  async batch(
    configs: readonly QueryConfig[],
    options: BatchOptions = {},
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    if (configs.length === 0) return [];
    return this.#run(options, configs[0]?.query.name, ({ connection, interrupt, scope }) =>
      batch(connection, configs, interrupt, options.atomic, scope),
    );
  }

  /** Inserts rows with COPY, in a scope with INSERT where a table has policies. @returns their number; none were inserted where it throws */
  copyRows<A>(config: CopyConfig<A>): Promise<number> {
    return this.#run(config, config.query.name, ({ connection, interrupt, scope, isInScope }) =>
      copyRows(connection, config, interrupt, { scope, isInScope }),
    );
  }

  /**
   * Gives a statement's rows one by one; ending the loop early ends the statement. In a transaction other statements may
   * run between the rows. Of a pool it keeps a connection until the loop ends; one that was checked out is busy until then.
   */
  async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    const lease = await this.lease(config, config.query.name);
    try {
      const { connection, interrupt, transaction, scope, parent = nothing } = lease;
      const all = parent.within(() => fetches(connection, config, interrupt, transaction, scope));
      for await (const rows of all) for (const row of rows) yield row;
    } finally {
      lease.end?.();
    }
  }

  /**
   * Gives what a `copy … to stdout` writes, in pieces that end with a line, no faster than they are taken. The connection is
   * busy until the loop ends; where it ends early, the COPY is cancelled. The name stands in errors and spans.
   */
  async *copyTo(
    text: string,
    { name = "copyTo", ...options }: QueryOptions & { readonly name?: string } = {},
  ): AsyncGenerator<Buffer> {
    const lease = await this.lease(options, name);
    try {
      const { connection, interrupt, scope } = lease;
      yield* copyTo(connection, text, name, interrupt, scope);
    } finally {
      lease.end?.();
    }
  }

  #run<T>(options: QueryOptions, query: string | undefined, work: (lease: Lease) => Promise<T>): Promise<T> {
    try {
      const lease = this.lease(options, query);
      // As in a transaction; a promise less for each statement.
      if (!(lease instanceof Promise) && lease.end === undefined && lease.parent === undefined)
        return work(lease);
      return withLease(lease, work);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

async function withLease<T>(given: Lease | Promise<Lease>, work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = given instanceof Promise ? await given : given;
  const { parent, end } = lease;
  try {
    return await (parent === undefined ? work(lease) : parent.within(() => work(lease)));
  } finally {
    end?.();
  }
}
