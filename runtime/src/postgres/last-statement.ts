import type {
  BatchOptions,
  Client,
  CopyConfig,
  QueryConfig,
  QueryResult,
  RawRow,
  ReadRow,
} from "../statement.ts";

/** The transaction that its last call ends. */
interface Ending extends Client {
  commit(): Promise<void>;
}

/** What a transaction does for its last call. */
export interface LastCall {
  /** Runs a statement and commits. */
  commitAfter(config: QueryConfig, read?: ReadRow): Promise<QueryResult>;
  /** Ends the transaction where the call has failed. */
  fail(error: unknown): Promise<void>;
  /** The call is under way from the one to the other, for whoever ends the transaction while nobody waits for it. */
  enter(): void;
  leave(): void;
}

/** Runs the last call of a transaction, which is committed once that has succeeded, and rolled back where it throws. */
export class LastStatement implements Client {
  readonly #transaction: Ending;
  readonly #call: LastCall;

  constructor(transaction: Ending, call: LastCall) {
    this.#transaction = transaction;
    this.#call = call;
  }

  query(config: QueryConfig, read?: ReadRow): Promise<QueryResult> {
    return this.#run(() => this.#call.commitAfter(config, read));
  }

  /** Commits where all have succeeded; else the transaction is open yet, and can only be rolled back. */
  batch(
    configs: readonly QueryConfig[],
    options?: BatchOptions,
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    return this.#run(async () => {
      const settled = await this.#transaction.batch(configs, options);
      if (settled.every(({ status }) => status === "fulfilled")) await this.#transaction.commit();
      return settled;
    });
  }

  copyRows<A>(config: CopyConfig<A>): Promise<number> {
    return this.#run(async () => {
      const number = await this.#transaction.copyRows(config);
      await this.#transaction.commit();
      return number;
    });
  }

  /** Commits behind the last row; not where the loop ends early. */
  async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    try {
      yield* this.#transaction.stream(config);
      await this.#transaction.commit();
    } catch (error) {
      await this.#call.fail(error);
      throw error;
    }
  }

  async #run<T>(call: () => Promise<T>): Promise<T> {
    this.#call.enter();
    try {
      return await call();
    } catch (error) {
      await this.#call.fail(error);
      throw error;
    } finally {
      this.#call.leave();
    }
  }
}
