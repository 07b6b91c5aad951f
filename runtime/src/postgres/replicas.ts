import { ConnectionFailedError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { type Lease, Queryable } from "./queryable.ts";
import type { Scope } from "./scope.ts";

/** What takes a connection for a call, such as a pool. */
export interface LeaseSource {
  lend(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease>;
}

/** Statements that may read what is a little old: each goes to the next of several servers that can be reached. */
export class Replicas extends Queryable {
  readonly #pools: readonly LeaseSource[];
  readonly #primary: LeaseSource;
  #next = 0;

  constructor(pools: readonly LeaseSource[], primary: LeaseSource) {
    super();
    this.#pools = pools;
    this.#primary = primary;
  }

  /** For what runs statements on behalf of them. */
  lend(options: QueryOptions, query?: string, scope?: Scope): Promise<Lease> {
    return this.lease(options, query, scope);
  }

  protected override async lease(options: QueryOptions, query?: string, scope?: Scope): Promise<Lease> {
    const first = this.#next++;
    for (let i = 0; i < this.#pools.length; i++) {
      const pool = this.#pools[(first + i) % this.#pools.length]!;
      try {
        return await pool.lend(options, query, scope);
      } catch (error) {
        // Nothing was sent, so that another can do it.
        if (!(error instanceof ConnectionFailedError)) throw error;
      }
    }
    return this.#primary.lend(options, query, scope);
  }
}
