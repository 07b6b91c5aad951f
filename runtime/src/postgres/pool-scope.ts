import type {
  BatchOptions,
  CopyConfig,
  QueryConfig,
  QueryOptions,
  QueryResult,
  RawRow,
  ReadRow,
} from "../statement.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { beginBatch } from "./batch.ts";
import { beginCopyTo } from "./copy-to.ts";
import { type Interrupt, limits } from "./interrupt.ts";
import { type Begin, beginCopy, beginQuery, type Lease, Queryable } from "./queryable.ts";
import type { LeaseSource } from "./replicas.ts";
import { runTransaction } from "./run-transaction.ts";
import type { Scope } from "./scope.ts";
import { beginTransaction, conclude, Transaction } from "./transaction.ts";
import { mayEndTransaction } from "./transaction-control.ts";
import type { BeginOptions, TransactionOptions } from "./transaction-options.ts";

/** What a scope is of. */
export interface ScopeSource extends LeaseSource {
  /** A connection for a transaction; the interrupt remains the caller's. */
  take(interrupt: Interrupt, scope: Scope): Lease | Promise<Lease>;
  readonly replica: LeaseSource & {
    /** Where another server does what one of them could not. */
    within?(scope: Scope): Queryable;
  };
  readonly telemetry: Telemetry;
  /** Of each call that gives none of its own. */
  readonly timeout?: number | undefined;
}

/**
 * Statements that are run in a scope, each with the settings that hold for it alone. One that may end its transaction, and leave the
 * scope with it, has one of its own, in which the server refuses that.
 */
class Scoped extends Queryable {
  readonly #source: LeaseSource;
  readonly #scope: Scope;
  readonly #plain: Queryable | undefined;

  /** @param plain what runs statements in the scope that need no transaction of their own, where that is not `source` */
  constructor(source: LeaseSource, scope: Scope, plain?: Queryable) {
    super();
    this.#source = source;
    this.#scope = scope;
    this.#plain = plain;
  }

  #needsBegin(text: string): boolean {
    return this.#scope.needsBegin || mayEndTransaction(text);
  }

  override query(config: QueryConfig, read?: ReadRow): Promise<QueryResult> {
    if (!this.#needsBegin(config.text)) return this.#plain?.query(config, read) ?? super.query(config, read);
    return this.#alone(config, config.query.name, beginQuery(config), (transaction) =>
      transaction.query(config, read),
    );
  }

  override async batch(
    configs: readonly QueryConfig[],
    options: BatchOptions = {},
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    if (!configs.some(({ text }) => this.#needsBegin(text)))
      return this.#plain?.batch(configs, options) ?? super.batch(configs, options);
    const begin: Begin = (telemetry, since) => beginBatch(telemetry, configs, since);
    const { end, ...lease } = await this.leaseFor(options, configs[0]?.query.name, begin);
    try {
      if (options.atomic === true) return await atomically(await Transaction.begin(lease, {}), configs);
      const settled: PromiseSettledResult<QueryResult>[] = [];
      for (const config of configs) {
        const one = conclude(await Transaction.begin(lease, {}), (transaction) => transaction.query(config));
        settled.push(...(await Promise.allSettled([one])));
      }
      return settled;
    } finally {
      end?.();
    }
  }

  override copyRows<A>(config: CopyConfig<A>): Promise<number> {
    if (!this.#scope.needsBegin) return this.#plain?.copyRows(config) ?? super.copyRows(config);
    return this.#alone(config, config.query.name, beginCopy(config), (transaction) =>
      transaction.copyRows(config),
    );
  }

  override async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    if (!this.#needsBegin(config.text)) yield* this.#plain?.stream(config) ?? super.stream(config);
    else
      yield* this.#within(config, config.query.name, beginQuery(config), (transaction) =>
        transaction.stream(config),
      );
  }

  override async *copyTo(
    text: string,
    options: QueryOptions & { readonly name?: string } = {},
  ): AsyncGenerator<Buffer> {
    if (!this.#scope.needsBegin) {
      yield* this.#plain?.copyTo(text, options) ?? super.copyTo(text, options);
      return;
    }
    const begin: Begin = (telemetry, since) => beginCopyTo(telemetry, options.name ?? "copyTo", text, since);
    yield* this.#within(options, options.name, begin, (transaction) => transaction.copyTo(text, options));
  }

  protected override lease(options: QueryOptions, query?: string): Lease | Promise<Lease> {
    return this.#source.lend(options, query, this.#scope);
  }

  protected override get telemetry(): Telemetry {
    return this.#source.telemetry;
  }

  /** Gives what `source` does in a transaction of its own. */
  async *#within<T>(
    options: QueryOptions,
    query: string | undefined,
    begin: Begin,
    source: (transaction: Transaction) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const transaction = await this.#begin(options, query, begin);
    let failed = false;
    try {
      yield* source(transaction);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      // Also where the loop ends early, as without a scope.
      if (failed) await transaction.rollback();
      else await transaction.commit();
    }
  }

  async #alone<T>(
    options: QueryOptions,
    query: string | undefined,
    begin: Begin,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return conclude(await this.#begin(options, query, begin), work);
  }

  async #begin(options: QueryOptions, query: string | undefined, begin: Begin): Promise<Transaction> {
    return Transaction.begin(await this.leaseFor(options, query, begin), {});
  }
}

/** The statements of a pool in a scope, and transactions that begin with its settings. Another scope is out of its reach. */
export class PoolScope extends Scoped {
  readonly #source: ScopeSource;
  readonly #scope: Scope;
  #replica: Queryable | undefined;

  /** Use Pool.scope. */
  constructor(source: ScopeSource, scope: Scope) {
    super(source, scope);
    this.#source = source;
    this.#scope = scope;
  }

  /** The same on the read replicas. */
  get replica(): Queryable {
    this.#replica ??= this.#onReplicas();
    return this.#replica;
  }

  /** Begins a transaction, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    const { telemetry, timeout } = this.#source;
    const all = { ...options, ...limits(options, timeout) };
    return beginTransaction((interrupt) => this.#take(interrupt), all, telemetry);
  }

  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { telemetry, timeout } = this.#source;
    const all = { ...options, ...limits(options, timeout) };
    return runTransaction((interrupt) => this.#take(interrupt), work, all, telemetry);
  }

  #onReplicas(): Queryable {
    const { replica } = this.#source;
    const within = this.#scope.needsBegin ? undefined : replica.within?.(this.#scope);
    return new Scoped(replica, this.#scope, within);
  }

  #take(interrupt: Interrupt): Lease | Promise<Lease> {
    return this.#source.take(interrupt, this.#scope);
  }
}

/** As a batch of a pool is, whose COMMIT is the server's own. */
async function atomically(
  transaction: Transaction,
  configs: readonly QueryConfig[],
): Promise<PromiseSettledResult<QueryResult>[]> {
  let settled: PromiseSettledResult<QueryResult>[];
  try {
    settled = await transaction.batch(configs, { atomic: true });
    if (settled.every(({ status }) => status === "fulfilled")) {
      await transaction.commit().catch((reason: unknown) => {
        settled = configs.map(() => ({ status: "rejected", reason }));
      });
    }
    return settled;
  } finally {
    await transaction.rollback();
  }
}
