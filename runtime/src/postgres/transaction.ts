import {
  ConnectionLostError,
  OutcomeUnknownError,
  TransactionBusyError,
  TransactionClosedError,
  TransactionRolledBackError,
} from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { command } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import type { Opening } from "./opening.ts";
import { type Lease, Queryable } from "./queryable.ts";
import { type BeginOptions, beginOpening } from "./transaction-options.ts";

/**
 * A transaction, or a savepoint within one: an open end, which commit or rollback must close. `await using` rolls back
 * what was not committed.
 */
export class Transaction extends Queryable {
  readonly #lease: Lease;
  /** Of a savepoint: the transaction, or the savepoint, that it is in. */
  readonly #outer: Transaction | undefined;
  readonly #depth: number;
  #inner: Transaction | undefined;
  #ended: "committed" | "rolled back" | undefined;

  private constructor(lease: Lease, outer?: Transaction) {
    super();
    this.#lease = lease;
    this.#outer = outer;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
  }

  /** Begins one on a connection, which it gives back at its end. The server hears of it with the first statement. */
  static async begin(lease: Lease, options: BeginOptions): Promise<Transaction> {
    const { connection, isShared, scope, end } = lease;
    try {
      const opening = beginOpening(options, scope);
      if (isShared === true || connection.isBusy) await beginAtOnce(lease, opening);
      else connection.begin(opening);
      return new Transaction(lease);
    } catch (error) {
      end?.({ error });
      throw error;
    }
  }

  /** Whether it has not ended yet. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** @throws TransactionClosedError where it has ended */
  throwIfEnded(query?: string): void {
    if (this.#ended !== undefined)
      throw new TransactionClosedError(`the transaction was ${this.#ended}`, { query });
  }

  /** @throws TransactionBusyError where a savepoint is open, in which a statement would be instead, and as throwIfEnded */
  throwIfUnusable(query?: string): void {
    this.throwIfEnded(query);
    if (this.#inner !== undefined)
      throw new TransactionBusyError("a savepoint is open: use it, or end it first", { query });
  }

  /** Sets a savepoint. Until it ends, statements must go to it, and not to this. */
  async begin(options: QueryOptions = {}): Promise<Transaction> {
    this.throwIfUnusable("savepoint");
    const { connection, interrupt, scope, parent } = this.#lease;
    const own = Interrupt.of(options, interrupt);
    const savepoint = new Transaction(
      { connection, interrupt: own, scope, parent, end: () => own?.end() },
      this,
    );
    this.#inner = savepoint;
    try {
      await connection.hold("savepoint", own, (client) => command(client, `savepoint ${savepoint.#name}`));
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

  /**
   * Makes it last; a savepoint's work becomes part of what it is in.
   * @throws TransactionRolledBackError where a statement had failed and the server could not commit; OutcomeUnknownError
   * where the connection was lost before the answer came; what a deferred constraint says. It has ended in every case but one:
   * TransactionBusyError where a savepoint is open
   */
  async commit(): Promise<void> {
    this.throwIfUnusable("commit");
    const { connection, interrupt } = this.#lease;
    if (interrupt?.fired) {
      await this.rollback();
      throw interrupt.error("commit");
    }
    if (this.#outer !== undefined && connection.client.getTransactionStatus() === "E") {
      await this.rollback();
      throw rolledBack();
    }
    this.#ended = "committed";
    try {
      if (this.#outer === undefined) await this.#commit();
      else
        await connection.hold("commit", undefined, (client) =>
          command(client, `release savepoint ${this.#name}`),
        );
      this.#close("committed");
    } catch (error) {
      this.#close("rolled back", error);
      throw error;
    }
  }

  /** Undoes it. After its end, and where the connection is lost, there is nothing to do, and that is no error. */
  async rollback(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#ended = "rolled back";
    this.#abandonInner();
    const { connection } = this.#lease;
    const limit = new Interrupt({ timeout: connection.cancelTimeout });
    try {
      const name = this.#name;
      if (this.#outer === undefined) await connection.end("rollback", limit);
      else
        await connection.hold("rollback", limit, (client) =>
          command(client, `rollback to savepoint ${name}; release savepoint ${name}`),
        );
    } catch {
      // The server rolls back what it loses the connection of.
      connection.destroy("a rollback failed");
    } finally {
      limit.end();
      this.#close("rolled back");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rollback();
  }

  protected override lease(options: QueryOptions, query?: string): Lease {
    this.throwIfUnusable(query);
    const { connection, interrupt, scope, parent } = this.#lease;
    const isInScope = scope !== undefined;
    if (options.signal === undefined && options.timeout === undefined)
      return { connection, interrupt, parent, isInScope, transaction: this };
    const own = new Interrupt(options, interrupt);
    return { connection, interrupt: own, parent, isInScope, transaction: this, end: () => own.end() };
  }

  get #name(): string {
    return `solitude_${this.#depth}`;
  }

  async #commit(): Promise<void> {
    const { connection, interrupt } = this.#lease;
    let isSent = false;
    // A COMMIT is not cancelled, for that would leave open what it did; one that does not end is given up.
    let timer: NodeJS.Timeout | undefined;
    const ignore = interrupt?.onFire(() => {
      timer = setTimeout(() => connection.destroy("COMMIT took too long"), connection.cancelTimeout);
    });
    try {
      const tag = await connection.end("commit", undefined, () => {
        isSent = true;
      });
      if (tag === "ROLLBACK") throw rolledBack();
    } catch (error) {
      if (!(isSent && error instanceof ConnectionLostError)) throw error;
      throw new OutcomeUnknownError("the connection was lost during COMMIT; it may have taken effect", {
        sqlState: error.sqlState,
        cause: error,
      });
    } finally {
      ignore?.();
      clearTimeout(timer);
    }
  }

  /** What is in this ends with it. */
  #abandonInner(): void {
    const inner = this.#inner;
    if (inner === undefined) return;
    inner.#abandonInner();
    inner.#close("rolled back");
  }

  #close(how: "committed" | "rolled back", error?: unknown): void {
    this.#ended = how;
    this.#inner = undefined;
    const outer = this.#outer;
    if (outer !== undefined && outer.#inner === this) outer.#inner = undefined;
    this.#lease.end?.(error === undefined ? {} : { error });
  }
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
  take: (interrupt: Interrupt | undefined) => Lease | Promise<Lease>,
  options: BeginOptions,
  telemetry: Telemetry,
): Promise<Transaction> {
  const interrupt = Interrupt.of(options);
  const operation = telemetry.transaction();
  let lease: Lease | undefined;
  const end = (outcome = {}): void => {
    lease?.end?.();
    interrupt?.end();
    operation.end(outcome);
  };
  try {
    lease = await operation.within(() => take(interrupt));
  } catch (error) {
    end({ error });
    throw error;
  }
  return Transaction.begin({ ...lease, interrupt, parent: operation, end }, options);
}

/** Commits once `work` has resolved, and rolls back once it has rejected, unless it has ended the transaction itself. */
export async function conclude<T>(
  transaction: Transaction,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const result = await work(transaction);
    if (transaction.isOpen) await transaction.commit();
    return result;
  } catch (error) {
    // Also where a savepoint was left open, and nobody else would end it.
    await transaction.rollback();
    throw error;
  }
}

function rolledBack(): TransactionRolledBackError {
  return new TransactionRolledBackError(
    "a statement had failed, so the server rolled back instead of committing",
  );
}
