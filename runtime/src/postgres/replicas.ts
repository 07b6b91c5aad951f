import {
  ConnectionFailedError,
  ConnectionLostError,
  DeadlockError,
  PoolExhaustedError,
  SerializationFailureError,
} from "../errors/errors.ts";
import type { BatchOptions, QueryConfig, QueryOptions, QueryResult, RawRow, ReadRow } from "../statement.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Connection } from "./connection.ts";
import { Interrupt, limits } from "./interrupt.ts";
import { type Lease, Queryable } from "./queryable.ts";
import type { Replica } from "./replica.ts";
import { runTransaction } from "./run-transaction.ts";
import type { Scope } from "./scope.ts";
import { beginTransaction, type Transaction } from "./transaction.ts";
import type { BeginOptions, TransactionOptions } from "./transaction-options.ts";

/** What takes a connection for a call, such as a pool. */
export interface LeaseSource {
  lend(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease>;
  /** Of calls that get no connection. */
  readonly telemetry: Telemetry;
}

/** What takes a connection under an interrupt that remains the caller's. */
export interface Source {
  take(interrupt: Interrupt, query?: string, scope?: Scope): Lease | Promise<Lease>;
}

/** What a call's limits are where it gives none, and what is told of it. */
export interface ReplicaSettings {
  readonly timeout: number | undefined;
  readonly acquireTimeout: number;
  readonly telemetry: Telemetry;
}

/**
 * Statements that may read what is a little old: each goes to the next of several servers. One that could not be reached
 * is left out until it is found to be there again. What a replica cannot do another does, or the primary, within the
 * time of the one call: where no connection was to be had, the server ended it in favour of recovery, or a standby was lost.
 */
export class Replicas extends Queryable {
  readonly #replicas: readonly Replica[];
  readonly #primary: Source;
  readonly #settings: ReplicaSettings;
  /** Of each call; none where it has none. */
  readonly #scope: Scope | undefined;
  /** Shared by all that there are of a pool. */
  readonly #turn: { next: number };

  constructor(
    replicas: readonly Replica[],
    primary: Source,
    settings: ReplicaSettings,
    scope?: Scope,
    turn = { next: 0 },
  ) {
    super();
    this.#scope = scope;
    this.#turn = turn;
    this.#replicas = replicas;
    this.#primary = primary;
    this.#settings = settings;
  }

  /** The same with settings for each statement. */
  within(scope: Scope): Queryable {
    return new Replicas(this.#replicas, this.#primary, this.#settings, scope, this.#turn);
  }

  override query(config: QueryConfig, read?: ReadRow): Promise<QueryResult> {
    return this.#onOneThatCan(config, (on) => on.query(config, read));
  }

  override batch(
    configs: readonly QueryConfig[],
    options: BatchOptions = {},
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    return this.#onOneThatCan(options, async (on) => {
      const settled = await on.batch(configs, options);
      for (const one of settled)
        if (one.status === "rejected" && on.isOfReplica(one.reason)) throw one.reason;
      return settled;
    });
  }

  override async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    const interrupt = Interrupt.of(limits(config, this.#settings.timeout));
    let rows: AsyncGenerator<RawRow> | undefined;
    try {
      // Only before the first row can another server begin anew.
      const first = await this.#onEach(interrupt, config, (on) => {
        rows = on.stream(config);
        return rows.next();
      });
      if (first.done) return;
      yield first.value;
      yield* rows!;
    } finally {
      await rows?.return(undefined);
      interrupt.end();
    }
  }

  /** Begins a transaction that only reads, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    const { telemetry, timeout } = this.#settings;
    const all = { ...options, ...limits(options, timeout), readOnly: true };
    return beginTransaction((interrupt) => this.#take(interrupt, all, "begin", this.#scope), all, telemetry);
  }

  /** Runs `work` in a transaction that only reads. It is not begun again on another server. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { telemetry, timeout } = this.#settings;
    const all = { ...options, ...limits(options, timeout), readOnly: true };
    return runTransaction(
      (interrupt) => this.#take(interrupt, all, "begin", this.#scope),
      work,
      all,
      telemetry,
    );
  }

  /** The primary's, which is asked last. */
  override get telemetry(): Telemetry {
    return this.#settings.telemetry;
  }

  /** For what runs statements on behalf of them. */
  lend(options: QueryOptions, query?: string, scope?: Scope): Promise<Lease> {
    return this.lease(options, query, scope);
  }

  protected override async lease(options: QueryOptions, query?: string, scope = this.#scope): Promise<Lease> {
    const interrupt = Interrupt.of(limits(options, this.#settings.timeout));
    try {
      const lease = await this.#take(interrupt, options, query, scope);
      return {
        ...lease,
        end: (outcome) => {
          interrupt.end();
          lease.end?.(outcome);
        },
      };
    } catch (error) {
      interrupt.end();
      throw error;
    }
  }

  async #onOneThatCan<T>(options: QueryOptions, work: (on: Attempt) => Promise<T>): Promise<T> {
    const interrupt = Interrupt.of(limits(options, this.#settings.timeout));
    try {
      return await this.#onEach(interrupt, options, work);
    } finally {
      interrupt.end();
    }
  }

  async #onEach<T>(
    interrupt: Interrupt,
    options: QueryOptions,
    work: (on: Attempt) => Promise<T>,
  ): Promise<T> {
    const replicas = this.#inTurn();
    const share = this.#share(options, replicas.length);
    for (const replica of replicas) {
      const { telemetry } = replica.pool;
      const take: Take = (query) => replica.take(interrupt, share, query, this.#scope);
      const on = new Attempt(interrupt, take, telemetry);
      try {
        return await work(on);
      } catch (error) {
        if (interrupt.fired || !on.isOfReplica(error)) throw error;
        if (error instanceof ConnectionLostError) replica.failed();
      }
    }
    const take: Take = (query) => this.#primary.take(interrupt, query, this.#scope);
    return work(new Attempt(interrupt, take, this.telemetry, true));
  }

  /** From the first that has a connection. */
  async #take(interrupt: Interrupt, options: QueryOptions, query?: string, scope?: Scope): Promise<Lease> {
    const replicas = this.#inTurn();
    const share = this.#share(options, replicas.length);
    for (const replica of replicas) {
      try {
        return await replica.take(interrupt, share, query, scope);
      } catch (error) {
        if (interrupt.fired || !isWithoutConnection(error)) throw error;
      }
    }
    return this.#primary.take(interrupt, query, scope);
  }

  /** Those that are well, the next one first. */
  #inTurn(): readonly Replica[] {
    const first = this.#turn.next++ % Math.max(1, this.#replicas.length);
    return [...this.#replicas.slice(first), ...this.#replicas.slice(0, first)].filter(({ isWell }) => isWell);
  }

  /** Milliseconds that each may take to give a connection, so that the last of them still has its time. */
  #share(options: QueryOptions, replicas: number): number {
    const { timeout = Number.POSITIVE_INFINITY } = limits(options, this.#settings.timeout);
    return Math.min(timeout, this.#settings.acquireTimeout) / (replicas + 1);
  }
}

type Take = (query?: string) => Lease | Promise<Lease>;

/** A call on one server, under the limits of the call as a whole. */
class Attempt extends Queryable {
  readonly #interrupt: Interrupt;
  readonly #take: Take;
  protected override readonly telemetry: Telemetry;
  readonly #isLast: boolean;
  #connection: Connection | undefined;

  constructor(interrupt: Interrupt, take: Take, telemetry: Telemetry, isLast = false) {
    super();
    this.telemetry = telemetry;
    this.#interrupt = interrupt;
    this.#take = take;
    this.#isLast = isLast;
  }

  /** Tells whether another server may do what this one has failed to do: nothing was sent, or what was can have no effect. */
  isOfReplica(error: unknown): boolean {
    if (this.#isLast) return false;
    if (isWithoutConnection(error)) return true;
    // Rolled back by the server; a standby does so when the statement is in the way of what it replays.
    if (error instanceof SerializationFailureError || error instanceof DeadlockError) return true;
    return (
      error instanceof ConnectionLostError &&
      this.#connection?.client.parameters?.get("in_hot_standby") === "on"
    );
  }

  protected override async lease(_options: QueryOptions, query?: string): Promise<Lease> {
    const lease = await this.#take(query);
    this.#connection = lease.connection;
    return { ...lease, interrupt: this.#interrupt };
  }
}

function isWithoutConnection(error: unknown): boolean {
  return error instanceof ConnectionFailedError || error instanceof PoolExhaustedError;
}
