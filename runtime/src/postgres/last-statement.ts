import type { BatchOptions, Client, CopyConfig, QueryConfig, QueryResult, RawRow } from "../statement.ts";

/** The transaction that its last call ends. */
interface Ending extends Client {
  commit(): Promise<void>;
}

/** Runs the last call of a transaction, which is committed once that has succeeded. */
export class LastStatement implements Client {
  readonly #transaction: Ending;
  readonly #commitAfter: (config: QueryConfig) => Promise<QueryResult>;

  /** @param commitAfter runs a statement and commits */
  constructor(transaction: Ending, commitAfter: (config: QueryConfig) => Promise<QueryResult>) {
    this.#transaction = transaction;
    this.#commitAfter = commitAfter;
  }

  query(config: QueryConfig): Promise<QueryResult> {
    return this.#commitAfter(config);
  }

  /** Commits where all have succeeded; else the transaction is open yet, and can only be rolled back. */
  async batch(
    configs: readonly QueryConfig[],
    options?: BatchOptions,
  ): Promise<PromiseSettledResult<QueryResult>[]> {
    const settled = await this.#transaction.batch(configs, options);
    if (settled.every(({ status }) => status === "fulfilled")) await this.#transaction.commit();
    return settled;
  }

  async copyRows<A>(config: CopyConfig<A>): Promise<number> {
    const number = await this.#transaction.copyRows(config);
    await this.#transaction.commit();
    return number;
  }

  /** Commits behind the last row; not where the loop ends early. */
  async *stream(config: QueryConfig): AsyncGenerator<RawRow> {
    yield* this.#transaction.stream(config);
    await this.#transaction.commit();
  }
}
