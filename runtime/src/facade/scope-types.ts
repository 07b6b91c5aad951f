import type { PoolScope } from "../postgres/pool-scope.ts";
import type { Settings } from "../postgres/scope.ts";
import type { Transaction } from "../postgres/transaction.ts";
import type { BeginOptions, TransactionOptions } from "../postgres/transaction-options.ts";
import type { QueryOptions } from "../statement.ts";
import type { BoundCalls, Overloaded, QueryModules } from "./bound-queries.ts";
import type { Database, DatabaseConfig } from "./database.ts";

/** What the generator knows of tenants: how a scope is asked for, what it sets, and which argument it fills in. */
export interface TenantDeclaration {
  /** The method that gives a tenant's scope, such as `workspace`. */
  readonly method: string;
  /** The setting that row-level security compares with, such as `app.workspace_id`. */
  readonly setting: string;
  /** The setting that says for whom a scope acts, such as `app.actor_id`. */
  readonly actor?: string;
  /** The argument that is the tenant's key, by module and function. */
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Functions that have no other argument. */
  readonly alone: Readonly<Record<string, readonly string[]>>;
}

/** A tenant's id. What is no text is sent as JavaScript writes it. */
export type TenantId = string | number | bigint;

/** The documents of all workspaces, as `createDocuments` gives them. */
export interface DocumentSource {
  // biome-ignore lint/suspicious/noExplicitAny: each has an id of its own, and gives what it likes
  workspace(id: any): unknown;
  /** Becomes a health check, where it is there. */
  ping?(options?: QueryOptions): Promise<unknown>;
  close?(timeout?: number): Promise<void>;
}

export type ScopedDatabaseConfig<D extends DocumentSource | undefined> = DatabaseConfig & {
  /**
   * Whose documents a scope has too, as `documents`; checked with the rest. A function opens it, and then it is closed with the
   * rest, too: what is given as it is, is closed by who has opened it.
   */
  readonly documents?: D | (() => D) | undefined;
};

/** Arguments without one of them. */
type Without<A, K> = { [P in keyof A as P extends K ? never : P]: A[P] };

/** What stands in place of the arguments: nothing where the tenant's key is the only one. */
type ScopedArguments<A, K> = [A] extends [Iterable<infer E> | AsyncIterable<infer E>]
  ? [args: A extends readonly unknown[] ? readonly Without<E, K>[] : Rows<Without<E, K>>]
  : keyof Without<A, K> extends never
    ? []
    : [args: Without<A, K>];
type Rows<E> = Iterable<E> | AsyncIterable<E>;

/** A signature without the tenant's key. */
type ScopedCall<C, K> = C extends (args: infer A, ...rest: infer R) => infer T
  ? (...rest: [...ScopedArguments<A, K>, ...R]) => T
  : never;

type ScopedCalls<C, K> = { [I in keyof C]: ScopedCall<C[I], K> };

/** Generated functions without their first parameter, and without the tenant's key where they have it. */
export type ScopedFunctions<M, K> = {
  readonly [N in keyof BoundCalls<M>]: N extends keyof K
    ? Overloaded<ScopedCalls<BoundCalls<M>[N], K[N]>>
    : Overloaded<BoundCalls<M>[N]>;
};

export type ScopedQueries<M extends QueryModules, T extends TenantDeclaration> = {
  readonly [G in keyof M]: ScopedFunctions<M[G], G extends keyof T["keys"] ? T["keys"][G] : unknown>;
};

/** All queries of a database in the scope of a tenant, and what else can be done in it. */
export type DatabaseScope<
  M extends QueryModules,
  T extends TenantDeclaration,
  D extends DocumentSource | undefined = undefined,
> = ScopedQueries<M, T> & ScopeMembers<M, T> & ScopeDocuments<D>;

/** The same in a transaction, or in a savepoint. */
export type ScopeTransaction<M extends QueryModules, T extends TenantDeclaration> = ScopedQueries<M, T> &
  ScopeTransactionMembers<M, T>;

type ScopeDocuments<D> = D extends { workspace(id: never): infer S } ? { readonly documents: S } : unknown;

export interface ScopeMembers<M extends QueryModules, T extends TenantDeclaration> {
  /** What the plain functions take. */
  readonly client: PoolScope;
  /** The queries on the read replicas, in turn; on the database itself where none is there. */
  readonly replica: ScopedQueries<M, T>;
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<R>(
    work: (transaction: ScopeTransaction<M, T>) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R>;
  /** Begins a transaction, which must be ended by commit or rollback, or by `await using`. */
  begin(options?: BeginOptions): Promise<ScopeTransaction<M, T>>;
  /** Runs `work` with this as the current scope, for it and for what it waits for. */
  run<R>(work: () => R): R;
}

export interface ScopeTransactionMembers<M extends QueryModules, T extends TenantDeclaration>
  extends AsyncDisposable {
  /** What the plain functions take. */
  readonly client: Transaction;
  /**
   * The queries of which one may be the transaction's last call, as of Transaction.last: COMMIT goes out behind it. A batch of which a part fails, and
   * a stream that is left before its end, leave the transaction open.
   */
  readonly last: ScopedQueries<M, T>;
  /** Runs `work` in a savepoint: keeps what it did when it resolves, undoes that when it rejects. */
  transaction<R>(work: (savepoint: ScopeTransaction<M, T>) => Promise<R>, options?: QueryOptions): Promise<R>;
  /** Sets a savepoint, which must be ended by commit or rollback, or by `await using`. */
  begin(options?: QueryOptions): Promise<ScopeTransaction<M, T>>;
  commit(): Promise<void>;
  /** After its end there is nothing to do, and that is no error. */
  rollback(): Promise<void>;
}

export interface ScopeSettings {
  /** Further settings, which the declared ones override. */
  readonly settings?: Settings | undefined;
}

/** What a scope is told beside its tenant: for whom it acts, where the generator knows the setting of that. */
export type ScopeOptions<T extends TenantDeclaration = TenantDeclaration> = ScopeSettings &
  (T extends { readonly actor: string } ? { readonly actor?: TenantId | undefined } : unknown);

/** All queries of a database, and the scopes of its tenants. */
export type ScopedDatabase<
  M extends QueryModules,
  T extends TenantDeclaration,
  I extends TenantId,
  D extends DocumentSource | undefined = undefined,
> = Database<M> & {
  /** Scopes of a tenant: its queries, without the tenant's key, see its rows alone where policies compare with the setting. */
  readonly [N in T["method"]]: (id: I, options?: ScopeOptions<T>) => DatabaseScope<M, T, D>;
} & {
  /** The scope whose `run` this is called in. @throws NoScopeError */
  readonly [N in T["method"] as `current${Capitalize<N>}`]: () => DatabaseScope<M, T, D>;
};
