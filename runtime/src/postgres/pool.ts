import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import { AdvisoryLock, type LockKey, type LockOptions } from "./advisory-lock.ts";
import { Checkout } from "./checkout.ts";
import { Connections, type Member } from "./connections.ts";
import { Interrupt } from "./interrupt.ts";
import { warnOfLeak, watchForLeak } from "./leak-detector.ts";
import { PoolConnection } from "./pool-connection.ts";
import {
  driverOptions,
  type PoolOptions,
  type PoolSettings,
  poolSettings,
  type Transport,
} from "./pool-options.ts";
import { PoolScope, type ScopeSource } from "./pool-scope.ts";
import type { PoolStat } from "./pool-stat.ts";
import { type Lease, Queryable } from "./queryable.ts";
import { Replicas } from "./replicas.ts";
import { reportedServer } from "./reported-server.ts";
import { runTransaction } from "./run-transaction.ts";
import { Scope, type Settings } from "./scope.ts";
import { beginTransaction, type Transaction } from "./transaction.ts";
import type { BeginOptions, TransactionOptions } from "./transaction-options.ts";

/**
 * A pool of connections to PostgreSQL. Nothing is opened until it is needed, unless `minIdle` asks for it.
 * @throws RangeError where an option is out of its range
 */
export function createPool(options: PoolOptions = {}): Pool {
  return new Pool(options);
}

/** What createPool gives. A statement takes a connection for its own duration; `connect`, `begin` and `transaction` keep one. */
export class Pool extends Queryable {
  readonly #settings: PoolSettings;
  readonly #connections: Connections;
  readonly #checkout: Checkout;
  readonly #replicaPools: readonly Pool[];
  readonly #replica: Replicas;
  readonly #stopObserving: () => void;
  #closed: Promise<void> | undefined;
  #scopeSource: ScopeSource | undefined;

  /** Use createPool. */
  constructor({ replicas = [], ...options }: PoolOptions, transport?: Transport) {
    super();
    const driver = { ...driverOptions(options), ...(transport && { stream: transport.stream }) };
    const telemetry = options.telemetry?.at(reportedServer(driver));
    const settings = poolSettings({ ...options, telemetry }, transport);
    this.#settings = settings;
    this.#connections = new Connections(settings, driver, options.connectTimeout ?? 5000);
    this.#checkout = new Checkout(settings, this.#connections);
    this.#replicaPools = replicas.map((server) => new Pool({ ...options, ...server }));
    this.#replica = new Replicas(this.#replicaPools, this);
    this.#stopObserving = settings.telemetry.observePool(() => ({
      idle: this.#connections.idle,
      used: this.#connections.used,
      pending: this.#checkout.waiting,
      limit: settings.max,
      idleMin: settings.minIdle,
    }));
  }

  /** Runs each statement on one of the read replicas in turn; on this pool where none of them can be reached. */
  get replica(): Queryable {
    return this.#replica;
  }

  /**
   * The same statements with settings of PostgreSQL's that hold for each of them alone, as row-level security wants:
   * `pool.scope({ "app.workspace_id": id })`. They go out in the statement's own packet, or with BEGIN; nothing of them is
   * left on the connection, so that a pooler may lend it to another. Costs nothing until it is used.
   * @throws TypeError where a name is no setting's, or a value no text or empty
   */
  scope(settings: Settings): PoolScope {
    this.#scopeSource ??= {
      lend: (options, query, scope) => this.lease(options, query, scope),
      take: (interrupt, scope) => this.#take(interrupt, "begin", scope),
      replica: this.#replica,
      telemetry: this.#settings.telemetry,
    };
    return new PoolScope(this.#scopeSource, new Scope(settings, this.#settings.scopeBy));
  }

  /** Takes a connection out, for what belongs to a session. It must be released. */
  async connect(options: QueryOptions = {}): Promise<PoolConnection> {
    const interrupt = Interrupt.of(options);
    try {
      const { connection, end } = await this.#take(interrupt);
      return new PoolConnection(connection, end);
    } finally {
      interrupt.end();
    }
  }

  /**
   * Takes an advisory lock of PostgreSQL's, of a session that is the lock's alone until it is released. It waits for as long as
   * `signal` and `timeout` allow. Behind a pooler by transaction use that of a transaction.
   */
  async lock(key: LockKey, options: LockOptions = {}): Promise<AdvisoryLock> {
    // One that is waited for is had.
    return (await this.#lock(key, options, false)) as AdvisoryLock;
  }

  /** The same without waiting; null where another has it. */
  tryLock(key: LockKey, options: LockOptions = {}): Promise<AdvisoryLock | null> {
    return this.#lock(key, options, true);
  }

  /** Begins a transaction, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    return beginTransaction((interrupt) => this.#take(interrupt, "begin"), options, this.#settings.telemetry);
  }

  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return runTransaction(
      (interrupt) => this.#take(interrupt, "begin"),
      work,
      options,
      this.#settings.telemetry,
    );
  }

  /** Resolves once the server has answered. */
  async ping(options: QueryOptions = {}): Promise<void> {
    const lease = await this.lease(options, "ping");
    try {
      await lease.connection.ping(lease.interrupt);
    } finally {
      lease.end?.();
    }
  }

  /** Whether it takes no more calls. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  stat(): PoolStat {
    const { acquired, acquireTime, empty, emptyTime, canceled } = this.#checkout.counts;
    const { idle, used, opening, total, counts } = this.#connections;
    return {
      acquireCount: acquired,
      acquireDuration: acquireTime,
      acquiredConns: used,
      canceledAcquireCount: canceled,
      constructingConns: opening,
      emptyAcquireCount: empty,
      emptyAcquireWaitTime: emptyTime,
      idleConns: idle,
      maxConns: this.#settings.max,
      totalConns: total,
      newConnsCount: counts.opened,
      maxLifetimeDestroyCount: counts.closedForAge,
      maxIdleDestroyCount: counts.closedForIdleness,
      pendingAcquires: this.#checkout.waiting,
    };
  }

  /** Has every connection replaced, as after a failover: unused ones at once, the others when their users are done. */
  reset(): void {
    this.#connections.reset();
    for (const pool of this.#replicaPools) pool.reset();
  }

  /**
   * Refuses new calls and those that wait, lets those under way finish for up to `timeout` milliseconds (10,000), then
   * closes their connections under them. Resolves when every connection is closed.
   */
  close({ timeout = 10_000 }: { readonly timeout?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(timeout);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For what runs statements on behalf of the pool. */
  lend(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease> {
    return this.lease(options, query, scope);
  }

  protected override lease(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease> {
    const interrupt = Interrupt.of(options);
    return interrupt.canFire
      ? this.#interruptible(interrupt, query, scope)
      : this.#take(interrupt, query, scope);
  }

  async #interruptible(
    interrupt: Interrupt,
    query: string | undefined,
    scope: Scope | undefined,
  ): Promise<Lease> {
    try {
      const { connection, end } = await this.#take(interrupt, query, scope);
      return {
        connection,
        interrupt,
        scope,
        end: () => {
          interrupt.end();
          end();
        },
      };
    } catch (error) {
      interrupt.end();
      throw error;
    }
  }

  /** Gives a connection until the lease ends; the interrupt remains the caller's. At once, where one is there. */
  #take(interrupt: Interrupt, query?: string, scope?: Scope): Loan | Promise<Loan> {
    const { leakAfter, onLeak = warnOfLeak } = this.#settings;
    const member = this.#checkout.take(interrupt, query);
    const stopWatching = leakAfter === 0 ? undefined : watchForLeak(leakAfter, onLeak);
    return member instanceof Promise
      ? this.#lendLater(member, interrupt, scope, stopWatching)
      : this.#lend(member, interrupt, scope, stopWatching);
  }

  async #lendLater(
    member: Promise<Member>,
    interrupt: Interrupt,
    scope: Scope | undefined,
    stopWatching: (() => void) | undefined,
  ): Promise<Loan> {
    try {
      return this.#lend(await member, interrupt, scope, stopWatching);
    } catch (error) {
      stopWatching?.();
      // Made in a timer's callback, say: from here the stack leads to who called.
      if (error instanceof DatabaseError) Error.captureStackTrace(error);
      throw error;
    }
  }

  #lend(
    member: Member,
    interrupt: Interrupt,
    scope: Scope | undefined,
    stopWatching: (() => void) | undefined,
  ): Loan {
    const taken = performance.now();
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      stopWatching?.();
      this.#settings.telemetry.connectionUsed((performance.now() - taken) / 1000);
      this.#checkout.giveBack(member);
    };
    return { connection: member.connection, interrupt, scope, end };
  }

  async #lock(key: LockKey, options: LockOptions, isTry: boolean): Promise<AdvisoryLock | null> {
    const interrupt = Interrupt.of(options);
    try {
      return await AdvisoryLock.take(await this.#take(interrupt, "lock"), key, options, isTry);
    } finally {
      interrupt.end();
    }
  }

  async #close(timeout: number): Promise<void> {
    this.#checkout.close();
    await Promise.all([
      this.#connections.end(timeout),
      ...this.#replicaPools.map((pool) => pool.close({ timeout })),
    ]);
    this.#stopObserving();
  }
}

/** A lease that must be ended. */
interface Loan extends Lease {
  readonly end: () => void;
}
