import {
  type BatchOptions,
  type Client,
  type CopyConfig,
  type QueryConfig,
  type QueryInfo,
  type QueryOptions,
  type QueryResult,
  type RawRow,
  type ReadRow,
  rawText,
} from "../statement.ts";
import { nothing, type Operation, type Outcome, type Telemetry } from "../telemetry/telemetry.ts";
import { batch, beginBatch } from "./batch.ts";
import type { Connection } from "./connection.ts";
import { copyRows, copyText } from "./copy.ts";
import { beginCopyTo, copyTo } from "./copy-to.ts";
import { type Interrupt, throwIfOver } from "./interrupt.ts";
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
    | Pick<Transaction, "interrupt" | "isOpen" | "keepOpen" | "throwIfEnded" | "throwIfUnusable">
    | undefined;
  /** What the call is part of, where that is not the active span already. */
  readonly parent?: Operation | undefined;
  /** When the call began (`performance.now()`), where it had to wait for the lease. */
  readonly since?: number | undefined;
  /** Missing where there is nothing to do. */
  readonly end?: ((outcome?: Outcome) => void) | undefined;
}

/** Begins what a call is to telemetry; `since` is when the call began, where that was before. */
export type Begin = (telemetry: Telemetry, since: number | undefined) => Operation;

/** What a pool, a connection and a transaction have in common: they differ in where the connection comes from. */
export abstract class Queryable implements Client {
  /**
   * @param query the name to put into errors
   */
  protected abstract lease(options: QueryOptions, query?: string): Lease | Promise<Lease>;

  /** Of calls that get no connection; the others are their connection's. */
  protected abstract readonly telemetry: Telemetry;

  /** What its calls are part of, where that is not the active span already. */
  protected get parent(): Operation {
    return nothing;
  }

  /** A lease that is waited for. A call that gets none is an operation that failed, so that an outage shows as such. */
  protected leaseFor(options: QueryOptions, query: string | undefined, begin: Begin): Promise<Lease> {
    return this.reported(() => this.lease(options, query), begin);
  }

  /** The same of any way to a connection. */
  protected async reported<T extends Lease>(take: () => T | Promise<T>, begin: Begin): Promise<T> {
    let lease: T | Promise<T>;
    try {
      lease = take();
    } catch (error) {
      this.#failed(begin, undefined, error);
      throw error;
    }
    return lease instanceof Promise ? this.#later(lease, begin) : lease;
  }

  #failed(begin: Begin, since: number | undefined, error: unknown): void {
    this.parent.within(() => begin(this.telemetry, since)).end({ error });
  }

  /**
   * Runs a statement that there is no generated function for, such as `set local`. Values come as PostgreSQL's text;
   * it is not prepared. The name stands in errors and spans.
   */
  async execute(
    text: string,
    values: unknown[] = [],
    { name = "execute", ...options }: QueryOptions & { readonly name?: string } = {},
  ): Promise<QueryResult> {
    // No command is longer: what is, is no SQL, and would be a metric's label.
    const operation = /^\s*(\w{1,20})\b/.exec(text)?.[1]?.toUpperCase() ?? "";
    const query = { name, command: ":exec", operation, relations: [], isAdHoc: true };
    return this.query({ ...options, text, values, rowMode: "array", types: rawText, query, prepare: false });
  }

  /** Runs one statement. @param read what is made of each row as it comes; the result says of how many */
  query(asked: QueryConfig, read?: ReadRow): Promise<QueryResult> {
    const config = read === undefined ? asked : { ...asked, read };
    let lease: Lease | Promise<Lease>;
    try {
      lease = this.lease(config, config.query.name);
    } catch (error) {
      this.#failed(beginQuery(config), undefined, error);
      return Promise.reject(error);
    }
    // At once, which takes a promise less for each statement.
    if (!(lease instanceof Promise) && lease.parent === undefined) {
      try {
        return lease.connection.run(config, lease.interrupt, lease.scope, undefined, lease.end);
      } catch (error) {
        // Telemetry's, such as that of a tracer of the application's.
        lease.end?.();
        return Promise.reject(error);
      }
    }
    const work = ({ connection, interrupt, scope, since }: Lease): Promise<QueryResult> =>
      connection.run(config, interrupt, scope, since);
    return withLease(lease instanceof Promise ? this.#later(lease, beginQuery(config)) : lease, work);
  }

  /**
   * Sends all statements at once, and settles each in its place. Outside a transaction each is one of its own, unless they
   * are `atomic`. The options are for the whole; those of a statement are not read.
   */
  async batch(
    configs: readonly QueryConfig[],
    options: BatchOptions = {},
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    if (configs.length === 0) {
      throwIfOver(options, "batch");
      return [];
    }
    const begin: Begin = (telemetry, since) => beginBatch(telemetry, configs, since);
    return this.#run(options, configs[0]?.query.name, begin, ({ connection, interrupt, scope, since }) =>
      batch(connection, configs, interrupt, options.atomic, scope, since),
    );
  }

  /** Inserts rows with COPY, in a scope with INSERT where a table has policies. @returns their number; none were inserted where it throws */
  copyRows<A>(config: CopyConfig<A>): Promise<number> {
    return this.#run(config, config.query.name, beginCopy(config), (lease) =>
      copyRows(lease.connection, config, lease.interrupt, lease),
    );
  }

  /**
   * Gives a statement's rows one by one; ending the loop early ends the statement. In a transaction other statements may
   * run between the rows. Of a pool it keeps a connection until the last rows have come, the loop ends, or its time is over;
   * one that was checked out is busy until then.
   */
  async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    const lease = await this.leaseFor(config, config.query.name, beginQuery(config));
    const end = once(lease.end);
    try {
      const { connection, interrupt, parent = nothing } = lease;
      const all = parent.within(() => fetches(connection, config, interrupt, { ...lease, end }));
      for await (const rows of all) for (const row of rows) yield row;
    } finally {
      end();
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
    const lease = await this.leaseFor(options, name, (telemetry, since) =>
      beginCopyTo(telemetry, name, text, since),
    );
    const close = lease.transaction?.keepOpen();
    const end = once(() => {
      close?.();
      lease.end?.();
    });
    try {
      const { connection, interrupt } = lease;
      yield* copyTo(connection, text, name, interrupt, { ...lease, end });
    } finally {
      end();
    }
  }

  #run<T>(
    options: QueryOptions,
    query: string | undefined,
    begin: Begin,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    try {
      const lease = this.lease(options, query);
      if (lease instanceof Promise) return withLease(this.#later(lease, begin), work);
      // As in a transaction; a promise less for each statement.
      return lease.end === undefined && lease.parent === undefined ? work(lease) : withLease(lease, work);
    } catch (error) {
      this.#failed(begin, undefined, error);
      return Promise.reject(error);
    }
  }

  async #later<T extends Lease>(lease: Promise<T>, begin: Begin): Promise<T> {
    const since = performance.now();
    try {
      return { ...(await lease), since };
    } catch (error) {
      this.#failed(begin, since, error);
      throw error;
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

/** For what gives a connection back when it is done with it, be that before or after its reader is. */
function once(end: (() => void) | undefined): () => void {
  let isOver = false;
  return () => {
    if (!isOver) end?.();
    isOver = true;
  };
}

/** Of a call of the pool's own, which has no statement. */
export function beginNamed(name: string): Begin {
  const info: QueryInfo = { name, command: ":exec", operation: "", relations: [] };
  return (telemetry, since) => telemetry.query(info, "", [], since);
}

/** Of a statement, be its rows given one by one. */
export function beginQuery({ query, text, values }: QueryConfig): Begin {
  return (telemetry, since) => telemetry.query(query, text, values, since);
}

export function beginCopy<A>(config: CopyConfig<A>): Begin {
  return (telemetry, since) => telemetry.copy(config.query, copyText(config as CopyConfig<unknown>), since);
}
