import { AsyncLocalStorage } from "node:async_hooks";
import { NoScopeError } from "../errors/errors.ts";
import type { HealthCheck } from "../health/health-check.ts";
import type { PoolScope } from "../postgres/pool-scope.ts";
import type { Transaction } from "../postgres/transaction.ts";
import type { BeginOptions, TransactionOptions } from "../postgres/transaction-options.ts";
import type { Client } from "../statement.ts";
import { Members, type QueryModules } from "./bound-queries.ts";
import { boundTransactions } from "./bound-transaction.ts";
import { createDatabase, type DatabaseConfig } from "./database.ts";
import type {
  DatabaseScope,
  DocumentSource,
  ScopedDatabase,
  ScopedDatabaseConfig,
  ScopedQueries,
  ScopeMembers,
  ScopeSettings,
  ScopeTransaction,
  TenantDeclaration,
  TenantId,
} from "./scope-types.ts";

/** The object that a generated `create…` function gives where the generator knows of tenants. */
export function createScopedDatabase<
  M extends QueryModules,
  T extends TenantDeclaration,
  I extends TenantId,
  D extends DocumentSource | undefined = undefined,
>(config: ScopedDatabaseConfig<D>, modules: M, tenant: T): ScopedDatabase<M, T, I, D> {
  const { documents: given, ...rest } = config;
  const documents = typeof given === "function" ? given() : given;
  const close = typeof given === "function" ? documents?.close?.bind(documents) : undefined;
  const database = createDatabase(withDocuments(rest, documents, close), modules);
  const storage = new AsyncLocalStorage<DatabaseScope<M, T, D>>();
  const bind = (client: Client, group: string, module: object, id: TenantId): object =>
    bindToTenant(client, module, id, tenant.keys[group] ?? {}, tenant.alone[group] ?? []);
  const within = boundTransactions<ScopeTransaction<M, T>, TenantId>(modules, bind);

  class BoundReplica extends Members<Client, TenantId> {}

  class BoundScope extends Members<PoolScope, TenantId> implements ScopeMembers<M, T> {
    readonly #id: TenantId;

    constructor(client: PoolScope, id: TenantId) {
      super(client, id);
      this.#id = id;
    }

    get replica(): ScopedQueries<M, T> {
      return new BoundReplica(this.client.replica, this.#id) as unknown as ScopedQueries<M, T>;
    }
    get documents(): unknown {
      return documents?.workspace(this.#id);
    }
    transaction<R>(
      work: (transaction: ScopeTransaction<M, T>) => Promise<R>,
      options?: TransactionOptions,
    ): Promise<R> {
      return this.client.transaction((transaction) => work(this.#within(transaction)), options);
    }
    async begin(options?: BeginOptions): Promise<ScopeTransaction<M, T>> {
      return this.#within(await this.client.begin(options));
    }
    run<R>(work: () => R): R {
      return storage.run(this as unknown as DatabaseScope<M, T, D>, work);
    }
    #within(transaction: Transaction): ScopeTransaction<M, T> {
      return within(transaction, this.#id);
    }
  }

  for (const bound of [BoundReplica, BoundScope]) Members.define(bound, modules, bind);
  const scope = (
    id: TenantId,
    { settings = {}, actor }: ScopeSettings & { readonly actor?: unknown } = {},
  ): DatabaseScope<M, T, D> => {
    const all: Record<string, string> = { ...settings, [tenant.setting]: settingOf(id, "a tenant's") };
    if (actor !== undefined) {
      if (tenant.actor === undefined)
        throw new TypeError("there is no setting that says for whom a scope acts");
      all[tenant.actor] = settingOf(actor, "an actor's");
    }
    return new BoundScope(database.client.scope(all), id) as unknown as DatabaseScope<M, T, D>;
  };
  const current = (): DatabaseScope<M, T, D> => {
    const found = storage.getStore();
    if (found === undefined) throw new NoScopeError(`there is no current scope: call it within run()`);
    return found;
  };
  const name = `current${tenant.method.charAt(0).toUpperCase()}${tenant.method.slice(1)}`;
  for (const [member, value] of [
    [tenant.method, scope],
    [name, current],
  ] as const)
    Object.defineProperty(database, member, { value, enumerable: true });
  return database as ScopedDatabase<M, T, I, D>;
}

/** The same with the documents' health, and their end. */
function withDocuments(
  config: DatabaseConfig,
  documents: DocumentSource | undefined,
  close: ((timeout?: number) => Promise<void>) | undefined,
): DatabaseConfig {
  if (documents?.ping === undefined && close === undefined) return config;
  const { checks = [], ...health } = config.health ?? {};
  const check: HealthCheck = {
    name: "documents",
    async check(signal) {
      await documents?.ping?.({ signal });
    },
  };
  return {
    ...config,
    health: { ...health, checks: documents?.ping === undefined ? checks : [check, ...checks] },
    ...(close === undefined ? {} : { closes: [...(config.closes ?? []), close] }),
  };
}

/** Types are not relied upon: what is no id must not open a scope. */
function settingOf(id: unknown, whose: string): string {
  if (typeof id === "string" || typeof id === "bigint" || Number.isSafeInteger(id)) return String(id);
  throw new TypeError(`${whose} id is a text or a whole number`);
}

function bindToTenant(
  client: Client,
  module: object,
  id: TenantId,
  keys: Readonly<Record<string, string>>,
  alone: readonly string[],
): object {
  const bound: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(module)) {
    if (typeof member !== "function") continue;
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) bound[name] = (...rest: unknown[]) => member(client, ...rest);
    else if (alone.includes(name))
      bound[name] = (...rest: unknown[]) => member(client, { [key]: id }, ...rest);
    else bound[name] = (args: unknown, ...rest: unknown[]) => member(client, fill(args, key, id), ...rest);
  }
  return bound;
}

/** Adds the tenant's key, which nothing that is passed can override, to arguments, or to each of many. */
function fill(args: unknown, key: string, id: TenantId): unknown {
  const filled = (one: unknown): object => ({ ...(one as object), [key]: id });
  if (Array.isArray(args)) return args.map(filled);
  if (typeof args !== "object" || args === null) return filled(args);
  if (Symbol.iterator in args) return fillEach(args as Iterable<unknown>, filled);
  if (Symbol.asyncIterator in args) return fillEachLater(args as AsyncIterable<unknown>, filled);
  return filled(args);
}

function* fillEach(rows: Iterable<unknown>, filled: (row: unknown) => object): Iterable<object> {
  for (const row of rows) yield filled(row);
}

async function* fillEachLater(
  rows: AsyncIterable<unknown>,
  filled: (row: unknown) => object,
): AsyncIterable<object> {
  for await (const row of rows) yield filled(row);
}
