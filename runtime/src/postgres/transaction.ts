import { timeLeft } from "../deadline.ts";
import {
  ConnectionLostError,
  DatabaseError,
  OutcomeUnknownError,
  TransactionBusyError,
  TransactionClosedError,
} from "../errors/errors.ts";
import type { Client, QueryConfig, QueryInfo, QueryOptions, QueryResult, ReadRow } from "../statement.ts";
import {
  nothing,
  type Operation,
  type Outcome,
  type Telemetry,
  type TransactionEnd,
} from "../telemetry/telemetry.ts";
import { type LockKey, type LockOptions, lockStatement, targetOf } from "./advisory-lock.ts";
import { command } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { LastStatement } from "./last-statement.ts";
import type { Opening } from "./opening.ts";
import { type Lease, Queryable } from "./queryable.ts";
import { EndedByOthers, mayEndTransaction } from "./transaction-control.ts";
import { type BeginOptions, beginOpening } from "./transaction-options.ts";
import { rolledBack } from "./transaction-state.ts";

/**
 * A transaction, or a savepoint within one: an open end, which commit or rollback must close. `await using` rolls back
 * what was not committed.
 */
export class Transaction extends Queryable {
  /** Its interrupt is what limits it: when that fires, it is rolled back, whatever its user does meanwhile. */
  readonly #lease: Lease;
  /** Of a savepoint: the transaction, or the savepoint, that it is in. */
  readonly #outer: Transaction | undefined;
  readonly #depth: number;
  /** Of all that runs in it. Fires with the lease's, and when it is rolled back. */
  readonly #interrupt: Interrupt;
  #inner: Transaction | undefined;
  /** How much of what it gives is not read to its end. */
  #unread = 0;
  #ended: "committed" | "rolled back" | undefined;
  /** The rollback under way. */
  #undoing: Promise<void> | undefined;
  /** Whether all that ends it is done. */
  #isClosed = false;
  /** Of its last call, where that was why it was rolled back, and its user has not done so too. */
  #failure: { readonly error: unknown } | undefined;
  /** How many last calls are under way, of which one may end it. */
  #lastCalls = 0;
  /** Ends the wait for those. */
  #onLast = (): void => {};
  /** Ends the waits until it is closed. */
  #onClose = (_?: unknown): void => {};
  /** Ends the wait for the work, which has nothing to do with the server any more. */
  #onExpiry = (): void => {};

  private constructor(lease: Lease, outer?: Transaction) {
    super();
    this.#lease = lease;
    this.#outer = outer;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
    this.#interrupt = new Interrupt({}, lease.interrupt);
  }

  /** Begins one on a connection, which it gives back at its end. The server hears of it with the first statement. */
  static begin(lease: Lease, options: BeginOptions): Transaction | Promise<Transaction> {
    const { connection, interrupt, isShared, scope, end } = lease;
    try {
      interrupt.throwIfFired("begin");
      const opening = beginOpening(options, scope);
      if (isShared === true || connection.isBusy) return Transaction.#beginAtOnce(lease, opening);
      connection.begin(opening);
      return Transaction.#begun(lease);
    } catch (error) {
      end?.({ error });
      throw error;
    }
  }

  static async #beginAtOnce(lease: Lease, opening: readonly Opening[]): Promise<Transaction> {
    try {
      await beginAtOnce(lease, opening);
      return Transaction.#begun(lease);
    } catch (error) {
      lease.end?.({ error });
      throw error;
    }
  }

  static #begun(lease: Lease): Transaction {
    const transaction = new Transaction(lease);
    transaction.#watch();
    return transaction;
  }

  /** Gives what ends all that runs in it. */
  get interrupt(): Interrupt {
    return this.#interrupt;
  }

  /** Tells whether it has not ended yet. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** @throws TransactionClosedError where it has ended; TimeoutError or CancelledError where that was why */
  throwIfEnded(query?: string): void {
    this.#throwIfExpired(query);
    if (this.#ended !== undefined)
      throw new TransactionClosedError(`the transaction was ${this.#ended}`, { query });
  }

  /** @throws TransactionBusyError where a savepoint is open, in which a statement would be instead, and as throwIfEnded */
  throwIfUnusable(query?: string): void {
    this.throwIfEnded(query);
    if (this.#inner !== undefined)
      throw new TransactionBusyError("a savepoint is open: use it, or end it first", { query });
  }

  /**
   * Keeps it from being committed while what it gives bit by bit is not read to its end, for which COMMIT would wait.
   * @returns what ends that
   */
  keepOpen(): () => void {
    this.#unread++;
    return () => {
      this.#unread--;
    };
  }

  /** Sets a savepoint. Until it ends, statements must go to it, and not to this. */
  async begin(options: QueryOptions = {}): Promise<Transaction> {
    this.throwIfUnusable("savepoint");
    const { connection, interrupt, scope, parent } = this.#lease;
    const own = new Interrupt({ signal: options.signal, timeout: timeLeft(options) }, interrupt);
    const savepoint = new Transaction(
      { connection, interrupt: own, scope, parent, end: () => own.end() },
      this,
    );
    this.#inner = savepoint;
    try {
      await connection.hold("savepoint", savepoint.#interrupt, (client) =>
        command(client, `savepoint ${savepoint.#name}`),
      );
      savepoint.#watch();
      return savepoint;
    } catch (error) {
      savepoint.#close("rolled back", error);
      throw error;
    }
  }

  /** Runs `work` in a savepoint: keeps what it did when it resolves, undoes that when it rejects. */
  async transaction<T>(work: (savepoint: Transaction) => Promise<T>, options: QueryOptions = {}): Promise<T> {
    return conclude(await this.begin(options), work);
  }

  /** Takes an advisory lock of PostgreSQL's, which is given back with the transaction's end, or the savepoint's undoing. */
  async lock(key: LockKey, options: LockOptions = {}): Promise<void> {
    await this.query({
      ...lockStatement("lock", targetOf(key), { ...options, isOfTransaction: true }),
      ...options,
    });
  }

  /** The same without waiting. @returns whether it has it */
  async tryLock(key: LockKey, options: LockOptions = {}): Promise<boolean> {
    const how = { ...options, isOfTransaction: true, isTry: true };
    const { rows } = await this.query({ ...lockStatement("lock", targetOf(key), how), ...options });
    return rows[0]?.[0] === "t";
  }

  /**
   * Makes it last; a savepoint's work becomes part of what it is in.
   * @throws TransactionRolledBackError where a statement had failed and the server could not commit; OutcomeUnknownError
   * where the connection was lost before the answer came; what a deferred constraint says. It has ended in every case but one:
   * TransactionBusyError where a savepoint, or a COPY, is open
   */
  commit(): Promise<void> {
    return this.#outer === undefined ? this.#commit() : this.#release();
  }

  /**
   * Gives what the transaction's last call is run on, such as `appendAuditLog(tx.last, entry)`: COMMIT goes out behind a statement, in the
   * same packet, which saves a round trip. Once the call has succeeded the transaction is committed, whatever its rows are found to be; where
   * it throws, the transaction has ended as by `commit`, and `transaction()` rejects with that, be it caught or not, unless the work rolls
   * back itself. A savepoint, and a connection that others use too, gain nothing by it.
   */
  get last(): Client {
    return new LastStatement(this, {
      commitAfter: (config, read) => this.#commitAfter(config, read),
      fail: (error) => this.#failLast(error),
      enter: () => {
        this.#lastCalls++;
      },
      leave: () => {
        if (--this.#lastCalls === 0) this.#onLast();
      },
    });
  }

  /**
   * Undoes it, and cancels what still runs in it, its last call too. After its end, and where the connection is lost, there is nothing to do,
   * and that is no error.
   */
  async rollback(): Promise<void> {
    this.#failure = undefined;
    if (this.#ended === undefined) {
      this.#markEnded();
      this.#undoing = this.#undo().finally(() => this.#close("rolled back"));
    } else if (this.#ended === "committed" && !this.#isClosed) this.#undoing ??= this.#cutOff();
    await this.#undoing;
  }

  /**
   * Waits for `work`, but no longer than the transaction may last.
   * @throws TimeoutError or CancelledError, once it has been rolled back
   */
  within<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#lease.interrupt.canFire ? this.#withinLimits(work) : work(this);
  }

  async #withinLimits<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.throwIfEnded("transaction");
    const result = await new Promise<T>((resolve, reject) => {
      this.#onExpiry = () => {
        const expired = this.#expired();
        // Its work may have ended, while a last call has not: nobody hears of it here then.
        expired.catch(() => {});
        resolve(expired);
      };
      void Promise.resolve()
        .then(() => work(this))
        .then(resolve, reject);
    });
    await this.#undoing;
    this.#throwIfExpired("transaction");
    return result;
  }

  /**
   * Commits, once its work has resolved, where that has not ended it itself; else waits until it has ended. A last call that nobody
   * waits for is waited for here.
   * @throws as `commit`, be that under way without anybody who waits for it; what its last call failed with, be that caught
   */
  finish(): Promise<void> {
    return this.isOpen && this.#lastCalls === 0 ? this.commit() : this.#finishLater();
  }

  async #finishLater(): Promise<void> {
    if (this.#lastCalls > 0) {
      await new Promise<void>((resolve) => {
        this.#onLast = resolve;
      });
      this.#throwIfExpired("transaction");
    }
    if (this.isOpen) await this.commit();
    else if (!this.#isClosed) {
      const error = await this.#untilClosed();
      if (error !== undefined) throw error;
    } else if (this.#failure !== undefined) throw this.#failure.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rollback();
  }

  protected override lease(options: QueryOptions, query?: string): Lease {
    this.throwIfUnusable(query);
    const { connection, scope, parent } = this.#lease;
    const isInScope = scope !== undefined;
    const own = Interrupt.within(options, this.#interrupt);
    if (own === this.#interrupt) return { connection, interrupt: own, parent, isInScope, transaction: this };
    return { connection, interrupt: own, parent, isInScope, transaction: this, end: () => own.end() };
  }

  protected override get telemetry(): Telemetry {
    return this.#lease.connection.telemetry;
  }

  protected override get parent(): Operation {
    return this.#lease.parent ?? nothing;
  }

  get #name(): string {
    return `solitude_${this.#depth}`;
  }

  async #commit(): Promise<void> {
    this.#throwIfOccupied("commit");
    const { connection, interrupt } = this.#lease;
    this.#ended = "committed";
    // There is none where nothing is sent.
    let operation: Operation | undefined;
    // A COMMIT is not cancelled, for that would leave open what it did; one that does not end is given up.
    let patience: Interrupt | undefined;
    const ignore = interrupt.onFire(() => {
      patience = new Interrupt({ timeout: connection.cancelTimeout });
      patience.onFire(() => void connection.abandon("COMMIT took too long"));
    });
    let failure: unknown;
    try {
      const tag = await connection.end("commit", this.#interrupt, () => {
        operation = this.parent.within(() => connection.telemetry.query(COMMIT, "commit", []));
      });
      if (tag === "ROLLBACK") throw rolledBack();
      operation?.end();
      this.#close("committed");
      return;
    } catch (error) {
      operation?.end({ error });
      const isUnknown = operation !== undefined && error instanceof ConnectionLostError;
      failure = isUnknown ? unknownOutcome(error) : error;
    } finally {
      ignore();
      patience?.end();
    }
    await this.#notCommitted(failure);
  }

  /** @throws why */
  async #notCommitted(error: unknown): Promise<never> {
    const { connection } = this.#lease;
    // Where nothing was sent, or a savepoint stays as it is, the server has yet to hear of it.
    if (connection.lost === undefined && (connection.isInTransaction || connection.isBusy))
      await this.#undo();
    this.#close("rolled back", error);
    throw error;
  }

  /** Runs a statement and commits, in one round trip where that can be. @throws as `query` and `commit`; it has ended then, unless it could not be used */
  async #commitAfter(config: QueryConfig, read?: ReadRow): Promise<QueryResult> {
    const { name } = config.query;
    this.#throwIfOccupied(name);
    const { connection, isShared } = this.#lease;
    const isAlone = isShared !== true && !connection.isExposed;
    if (this.#outer !== undefined || !isAlone || mayEndTransaction(config.text)) {
      const result = await this.query(config, read);
      await this.commit();
      return result;
    }
    const own = Interrupt.within(config, this.#interrupt);
    let sent: number | undefined;
    /** Of a statement that fails, COMMIT is skipped, and is none. */
    const report = (outcome?: Outcome): void =>
      this.parent.within(() => connection.telemetry.behind(COMMIT, "commit", sent)).end(outcome);
    this.#ended = "committed";
    try {
      const result = await this.parent.within(() =>
        connection.commitAfter({ ...config, read }, own, () => {
          sent = performance.now();
        }),
      );
      report();
      this.#close("committed");
      return result;
    } catch (cause) {
      const isOver = sent !== undefined && !connection.isInTransaction;
      if (connection.lost === undefined && connection.hasTransaction) await this.#undo();
      const isCommitted = isOver && connection.hasCommitted;
      const error =
        sent !== undefined && !isCommitted && isUnanswered(cause, connection.lost)
          ? unknownOutcome(cause)
          : cause;
      // What is found wrong with its rows is no fault of COMMIT's.
      if (isCommitted) report();
      else if (isOver || error !== cause) report({ error });
      this.#close(isCommitted ? "committed" : "rolled back", error);
      throw error;
    } finally {
      if (own !== this.#interrupt) own.end();
    }
  }

  /** Ends what its last call has failed in, but for one that was none, since it could not be used. */
  async #failLast(error: unknown): Promise<void> {
    if (error instanceof TransactionBusyError || error instanceof TransactionClosedError) return;
    await this.rollback();
    if (this.#ended === "rolled back") this.#failure = { error };
  }

  async #release(): Promise<void> {
    this.#throwIfOccupied("commit");
    const { connection } = this.#lease;
    if (connection.client.getTransactionStatus() === "E") {
      await this.rollback();
      throw rolledBack();
    }
    this.#ended = "committed";
    try {
      const text = `release savepoint ${this.#name}`;
      await connection.hold("commit", this.#interrupt, (client) => command(client, text));
      this.#close("committed");
    } catch (error) {
      await this.#notCommitted(error);
    }
  }

  async #undo(): Promise<void> {
    const { connection } = this.#lease;
    const limit = new Interrupt({ timeout: connection.cancelTimeout });
    try {
      const text = `rollback to savepoint ${this.#name}; release savepoint ${this.#name}`;
      if (this.#outer === undefined) await connection.end("rollback", limit);
      else await connection.undo(text, limit);
    } catch (error) {
      const isEnded = error instanceof TransactionClosedError;
      // The server rolls back what it loses the connection of.
      if (!isEnded) void connection.abandon(whyNotUndone(error), error);
      if (isEnded || (error instanceof ConnectionLostError && error.cause instanceof EndedByOthers))
        notUndone.set(
          this,
          "somebody else has ended the transaction before it was rolled back, so that what it did may have been committed",
        );
    } finally {
      limit.end();
    }
  }

  /** @returns what it was closed with */
  #untilClosed(): Promise<unknown> {
    return new Promise((resolve) => {
      const tell = this.#onClose;
      this.#onClose = (error) => {
        tell(error);
        resolve(error);
      };
    });
  }

  /** Has what is to commit it not do so, as far as that has not been sent; returns when that is over, whatever became of it. */
  async #cutOff(): Promise<void> {
    const closed = this.#untilClosed();
    this.#interrupt.fire(ROLLED_BACK);
    const error = await closed;
    if (this.#ended === "committed" || error instanceof OutcomeUnknownError)
      notUndone.set(this, "it was about to be committed when it was to be rolled back, and may have been");
  }

  /** Marks the transaction as ended: what is in it ends with it, and nothing that runs in it has a point any more. */
  #markEnded(): void {
    this.#ended = "rolled back";
    const inner = this.#inner;
    if (inner?.isOpen) {
      inner.#markEnded();
      inner.#close("rolled back");
    }
    this.#interrupt.fire(ROLLED_BACK);
  }

  #close(how: "committed" | "rolled back", error?: unknown): void {
    this.#ended = how;
    this.#inner = undefined;
    const outer = this.#outer;
    if (outer !== undefined && outer.#inner === this) outer.#inner = undefined;
    this.#interrupt.end();
    const transaction = endOf(how, error);
    if (transaction === "unknown")
      notUndone.set(this, "the connection was lost during its COMMIT, which may have taken effect");
    this.#lease.end?.(error === undefined ? { transaction } : { transaction, error });
    this.#isClosed = true;
    this.#onClose(error);
  }

  #throwIfOccupied(query: string): void {
    this.throwIfUnusable(query);
    if (this.#unread > 0) throw new TransactionBusyError("a COPY is open: read it to its end", { query });
  }

  #throwIfExpired(query?: string): void {
    if (this.#ended === "rolled back") this.#lease.interrupt.throwIfFired(query);
  }

  /** From now on it is rolled back when its time is over, whatever its user does. */
  #watch(): void {
    const expire = (): void => {
      if (this.#ended !== undefined) return;
      void this.rollback();
      this.#onExpiry();
    };
    if (this.#lease.interrupt.fired) expire();
    else this.#lease.interrupt.onFire(expire);
  }

  async #expired(): Promise<never> {
    await this.#undoing;
    throw this.#lease.interrupt.error("transaction");
  }
}

/** Those that were to be rolled back when they had been committed, or may have been, and how that came. */
const notUndone = new WeakMap<Transaction, string>();

/** To those who have something run in it. */
const ROLLED_BACK = "cancelled, for the transaction was rolled back";

/** Tells whether the server may have committed without saying so, since the connection was lost before it had answered. */
function isUnanswered(error: unknown, lost: Error | undefined): error is DatabaseError {
  if (lost === undefined || !(error instanceof DatabaseError)) return false;
  return error instanceof ConnectionLostError || error.sqlState === undefined;
}

function unknownOutcome(error: DatabaseError): OutcomeUnknownError {
  const message = "the connection was lost during COMMIT; it may have taken effect";
  return new OutcomeUnknownError(message, { sqlState: error.sqlState, cause: error });
}

/** To telemetry. */
const COMMIT: QueryInfo = { name: "COMMIT", command: ":exec", operation: "COMMIT", relations: [] };

function endOf(how: "committed" | "rolled back", error: unknown): TransactionEnd {
  if (error instanceof OutcomeUnknownError) return "unknown";
  return how === "committed" ? "committed" : "rolled_back";
}

/** In a turn of its own, so that what others have asked for before is not part of it. */
function beginAtOnce({ connection, interrupt }: Lease, opening: readonly Opening[]): Promise<void> {
  return connection.hold("begin", interrupt, async (client) => {
    if (connection.isInTransaction)
      throw new TransactionBusyError("the connection is in a transaction: use that, or end it first", {
        query: "begin",
      });
    try {
      await connection.open(opening);
    } catch (error) {
      await connection.ready();
      // The settings of a scope can be refused when BEGIN has succeeded.
      if (connection.isInTransaction) await command(client, "rollback");
      throw error;
    }
  });
}

/** Begins a transaction that its user ends, on a connection that `take` gives. */
export async function beginTransaction(
  take: (interrupt: Interrupt) => Lease | Promise<Lease>,
  options: BeginOptions,
  telemetry: Telemetry,
): Promise<Transaction> {
  const interrupt = Interrupt.of(options);
  const operation = telemetry.transaction();
  let lease: Lease | undefined;
  const end = (outcome?: Outcome): void => {
    lease?.end?.();
    interrupt.end();
    operation.end(outcome);
  };
  try {
    lease = await operation.within(() => take(interrupt));
  } catch (error) {
    end({ error });
    throw error;
  }
  return await Transaction.begin({ ...lease, interrupt, parent: operation, end }, options);
}

/** Commits once `work` has resolved, and rolls back once it has rejected, unless it has ended the transaction itself. */
export async function conclude<T>(
  transaction: Transaction,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const result = await transaction.within(work);
    await transaction.finish();
    return result;
  } catch (error) {
    // Also where a savepoint was left open, and nobody else would end it.
    await transaction.rollback();
    const why = notUndone.get(transaction);
    if (why === undefined || error instanceof TransactionClosedError || saysUnknown(error)) throw error;
    throw new TransactionClosedError(why, { query: "rollback", cause: error });
  }
}

/** Tells whether it is, or was caused by, the error of a COMMIT whose answer never came. */
function saysUnknown(error: unknown): boolean {
  const seen = new Set<unknown>();
  for (let cause = error; cause instanceof Error && !seen.has(cause); cause = cause.cause) {
    if (cause instanceof OutcomeUnknownError) return true;
    seen.add(cause);
  }
  return false;
}

/** Of a rollback, be it to a savepoint. 3B001: there is no such savepoint. */
function whyNotUndone(error: unknown): string {
  return error instanceof DatabaseError && error.sqlState === "3B001"
    ? "a savepoint could not be rolled back to, for a statement had ended it, or rolled back to one before it"
    : "a rollback failed";
}
