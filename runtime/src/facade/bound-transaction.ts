import type { Transaction } from "../postgres/transaction.ts";
import type { Client, QueryOptions } from "../statement.ts";
import { type Bind, Members, type QueryModules } from "./bound-queries.ts";

/** Makes what gives a transaction, its savepoints and its last call, queries. */
export function boundTransactions<T, X>(
  modules: QueryModules,
  bind: Bind<X>,
): (transaction: Transaction, context: X) => T {
  class BoundTransaction extends Members<Transaction, X> {
    readonly #context: X;

    constructor(transaction: Transaction, context: X) {
      super(transaction, context);
      this.#context = context;
    }

    get last(): object {
      return new BoundLast(this.client.last, this.#context);
    }

    transaction<R>(work: (savepoint: T) => Promise<R>, options?: QueryOptions): Promise<R> {
      return this.client.transaction((inner) => work(this.#within(inner)), options);
    }
    async begin(options?: QueryOptions): Promise<T> {
      return this.#within(await this.client.begin(options));
    }
    commit(): Promise<void> {
      return this.client.commit();
    }
    rollback(): Promise<void> {
      return this.client.rollback();
    }
    [Symbol.asyncDispose](): Promise<void> {
      return this.client.rollback();
    }
    #within(inner: Transaction): T {
      return within(inner, this.#context);
    }
  }

  class BoundLast extends Members<Client, X> {}

  for (const bound of [BoundTransaction, BoundLast]) Members.define(bound, modules, bind);
  const within = (transaction: Transaction, context: X): T =>
    new BoundTransaction(transaction, context) as unknown as T;
  return within;
}
