import { DatabaseError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { AdvisoryLock, type LockKey, type LockOptions, lockStatement, targetOf } from "./advisory-lock.ts";
import { Checkout } from "./checkout.ts";
import { withConnectionString } from "./connection-string.ts";
import { Connections, type Member } from "./connections.ts";
import { checkTime, Interrupt, limits } from "./interrupt.ts";
import { watchForLeak } from "./leak-detector.ts";
import { Opener } from "./opener.ts";
import { PoolConnection } from "./pool-connection.ts";
import {
  driverOptions,
  type PoolOptions,
  type PoolSettings,
  poolSettings,
  replicasOf,
  type Transport,
} from "./pool-options.ts";
import { PoolScope, type ScopeSource } from "./pool-scope.ts";
import type { PoolStat } from "./pool-stat.ts";
import { beginNamed, beginQuery, type Lease, Queryable } from "./queryable.ts";
import { Replica } from "./replica.ts";
import { ReplicaLag } from "./replica-lag.ts";
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
  readonly #replicas: readonly Replica[];
  readonly #replica: Replicas;
  readonly #lag: ReplicaLag | undefined;
  readonly #stopObserving: () => void;
  #closed: Promise<void> | undefined;
  #scopeSource: ScopeSource | undefined;

  /** Use createPool. */
  constructor(all: PoolOptions, transport?: Transport) {
    super();
    const { replicas: _, ...options } = withConnectionString(all);
    const replicas = replicasOf(all);
    const { configs, targetSessionAttrs } = driverOptions(options, transport);
    const telemetry = options.telemetry?.at({ ...reportedServer(configs[0]!), pool: options.name });
    const settings = poolSettings({ ...options, telemetry }, transport);
    this.#settings = settings;
    this.#connections = new Connections(settings, new Opener(settings, configs, targetSessionAttrs));
    this.#checkout = new Checkout(settings, this.#connections);
    this.#replicaPools = replicas.map((replica) => new Pool(replica));
    this.#replicas = this.#replicaPools.map((pool) => new Replica(pool, settings.connectTimeout));
    const primary = { take: this.#take.bind(this) };
    this.#replica = new Replicas(this.#replicas, primary, settings);
    if (settings.maxReplicaLag > 0 && replicas.length > 0) {
      const asked = this.#replicas.map((replica, i) => ({ replica, asked: this.#replicaPools[i]! }));
      this.#lag = new ReplicaLag(this, asked, settings.maxReplicaLag);
    }
    this.#stopObserving = settings.telemetry.observePool(() => ({
      idle: this.#connections.idle,
      used: this.#connections.used,
      pending: this.#checkout.waiting,
      limit: settings.max,
      idleMin: settings.minIdle,
    }));
  }

  /**
   * Runs each statement, or transaction that only reads, on one of the read replicas in turn; on this pool where none of them
   * can be reached.
   */
  get replica(): Replicas {
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
      timeout: this.#settings.timeout,
    };
    return new PoolScope(this.#scopeSource, new Scope(settings, this.#settings.scopeBy));
  }

  /** Takes a connection out, for what belongs to a session. It must be released. */
  async connect(options: QueryOptions = {}): Promise<PoolConnection> {
    const interrupt = Interrupt.of(limits(options, this.#settings.timeout));
    try {
      const { connection, end } = await this.reported(() => this.#take(interrupt), beginConnect);
      return new PoolConnection(connection, () => end({ isSession: true }), this.#settings.timeout);
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
    const { telemetry, timeout } = this.#settings;
    const all = { ...options, ...limits(options, timeout) };
    return beginTransaction((interrupt) => this.#take(interrupt, "begin"), all, telemetry);
  }

  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return runTransaction(
      (interrupt) => this.#take(interrupt, "begin"),
      work,
      { ...options, ...limits(options, this.#settings.timeout) },
      this.#settings.telemetry,
    );
  }

  /** Resolves once the server has answered. */
  async ping(options: QueryOptions = {}): Promise<void> {
    const { connection, interrupt, since, end } = await this.leaseFor(options, "ping", beginPing);
    try {
      await connection.ping(interrupt, beginPing(connection.telemetry, since));
    } finally {
      end?.();
    }
  }

  /** Tells whether it takes no more calls. */
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
   * cancels what still runs and closes its connections, which may take up to a second. Resolves when every connection is closed.
   * Called again with a `timeout`, it waits no longer than that.
   * @throws RangeError where `timeout` is no number of milliseconds
   */
  close({ timeout }: { readonly timeout?: number } = {}): Promise<void> {
    checkTime("timeout", timeout);
    if (this.#closed === undefined) this.#closed = this.#close(timeout ?? 10_000);
    else if (timeout !== undefined) this.#hasten(timeout);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For what runs statements on behalf of the pool. */
  override get telemetry(): Telemetry {
    return this.#settings.telemetry;
  }

  /** For a replica: whoever asks has others to turn to. */
  takeOnce(interrupt: Interrupt, query?: string, scope?: Scope): Lease | Promise<Lease> {
    return this.#take(interrupt, query, scope, false);
  }

  /** For what runs statements on behalf of the pool. */
  lend(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease> {
    return this.lease(options, query, scope);
  }

  protected override lease(options: QueryOptions, query?: string, scope?: Scope): Lease | Promise<Lease> {
    const interrupt = Interrupt.of(limits(options, this.#settings.timeout));
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
  #take(interrupt: Interrupt, query?: string, scope?: Scope, isTriedAgain?: boolean): Loan | Promise<Loan> {
    const { leakAfter, onLeak } = this.#settings;
    const member = this.#checkout.take(interrupt, query, isTriedAgain);
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
    const end: Loan["end"] = ({ isSession = false } = {}) => {
      if (isOver) return;
      isOver = true;
      stopWatching?.();
      this.#settings.telemetry.connectionUsed((performance.now() - taken) / 1000);
      if (isSession) void this.#checkout.giveBackSession(member);
      else this.#checkout.giveBack(member);
    };
    return { connection: member.connection, interrupt, scope, end };
  }

  async #lock(key: LockKey, options: LockOptions, isTry: boolean): Promise<AdvisoryLock | null> {
    const target = targetOf(key);
    const { shared } = options;
    const lock = lockStatement("lock", target, { isTry, shared });
    const unlock = lockStatement("unlock", target, { shared });
    const interrupt = Interrupt.of(limits(options, this.#settings.timeout));
    try {
      const lease = await this.reported(() => this.#take(interrupt, "lock"), beginQuery(lock));
      return await AdvisoryLock.take(lease, { lock, unlock }, isTry);
    } finally {
      interrupt.end();
    }
  }

  async #close(timeout: number): Promise<void> {
    this.#checkout.close();
    this.#lag?.stop();
    for (const replica of this.#replicas) replica.close();
    await Promise.all([
      this.#connections.end(timeout),
      ...this.#replicaPools.map((pool) => pool.close({ timeout })),
    ]);
    this.#stopObserving();
  }

  #hasten(timeout: number): void {
    this.#connections.hasten(timeout);
    for (const pool of this.#replicaPools) void pool.close({ timeout });
  }
}

/** To telemetry: calls that are no statements. */
const beginPing = beginNamed("ping");
const beginConnect = beginNamed("connect");

/** A lease that must be ended. */
interface Loan extends Lease {
  /** @param outcome `isSession`: it was lent as a whole */
  readonly end: (outcome?: { readonly error?: unknown; readonly isSession?: boolean }) => void;
}
