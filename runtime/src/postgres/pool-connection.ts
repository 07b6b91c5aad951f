import { PoolClosedError, TransactionBusyError } from "../errors/errors.ts";
import type { QueryOptions } from "../statement.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Connection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { Interrupt, limits } from "./interrupt.ts";
import { type Lease, Queryable } from "./queryable.ts";
import { runTransaction } from "./run-transaction.ts";
import { beginTransaction, type Transaction } from "./transaction.ts";
import type { BeginOptions, TransactionOptions } from "./transaction-options.ts";

/** A connection taken out of the pool, for what belongs to a session; `await using` gives it back. */
export class PoolConnection extends Queryable {
  readonly #connection: Connection;
  readonly #giveBack: () => void;
  /** Of each call that gives none of its own. */
  readonly #timeout: number | undefined;
  #isReleased = false;

  constructor(connection: Connection, giveBack: () => void, timeout?: number) {
    super();
    this.#timeout = timeout;
    this.#connection = connection;
    this.#giveBack = giveBack;
  }

  /** `pg`'s own client, for what we have nothing for, such as LISTEN. */
  get client(): DriverClient {
    this.#throwIfReleased();
    this.#connection.session.doubt();
    return this.#connection.expose();
  }

  /** Begins a transaction on it, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    const all = { ...options, ...limits(options, this.#timeout) };
    return beginTransaction((interrupt) => this.#lease(interrupt), all, this.#connection.telemetry);
  }

  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const all = { ...options, ...limits(options, this.#timeout) };
    return runTransaction((interrupt) => this.#lease(interrupt), work, all, this.#connection.telemetry);
  }

  /** Gives it back; more than once is harmless. One that is in a transaction is closed instead. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#connection.conceal();
    this.#giveBack();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  protected override lease(options: QueryOptions): Lease {
    const interrupt = Interrupt.of(limits(options, this.#timeout));
    const lease = this.#lease(interrupt);
    return interrupt.canFire ? { ...lease, end: () => interrupt.end() } : lease;
  }

  protected override get telemetry(): Telemetry {
    return this.#connection.telemetry;
  }

  #lease(interrupt: Interrupt): Lease {
    this.#throwIfReleased();
    return { connection: this.#connection, interrupt, isShared: true };
  }

  #throwIfReleased(): void {
    if (this.#isReleased) throw new PoolClosedError("the connection was given back to the pool");
  }
}

/**
 * Lends a connection to a function of the application's, until that is done and what it has asked of the connection is over: from then
 * on it is another's, whatever the function keeps of it.
 * @param name the option that the function was given as
 * @throws what the function does, or `limit`; TransactionBusyError where it has left a transaction open
 */
export async function lendTo<T>(
  hook: (lent: PoolConnection) => T | Promise<T>,
  name: string,
  connection: Connection,
  limit: Interrupt,
  timeout?: number,
): Promise<T> {
  const lent = new PoolConnection(connection, () => {}, timeout);
  try {
    const result = await limit.race(Promise.resolve(hook(lent)));
    if (connection.isBusy) await connection.hold(name, limit, async () => {});
    if (connection.isInTransaction)
      throw new TransactionBusyError("it has left a transaction open on the connection", { query: name });
    return result;
  } finally {
    lent.release();
  }
}
