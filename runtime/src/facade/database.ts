import { createHealth, type Health, type HealthOptions } from "../health/health.ts";
import type { HealthCheck } from "../health/health-check.ts";
import { postgresCheck } from "../health/postgres-check.ts";
import { createPool, Pool } from "../postgres/pool.ts";
import type { PoolOptions } from "../postgres/pool-options.ts";
import type { Transaction } from "../postgres/transaction.ts";
import type { BeginOptions, TransactionOptions } from "../postgres/transaction-options.ts";
import type { Client, QueryOptions } from "../statement.ts";
import { createTelemetry, type TelemetryOptions } from "../telemetry/create-telemetry.ts";
import { noTelemetry } from "../telemetry/telemetry.ts";
import { Pause } from "../timer.ts";
import { type BoundQueries, bindToClient, Members, type QueryModules } from "./bound-queries.ts";
import { boundTransactions } from "./bound-transaction.ts";

/** What `loadConfig` of `@solitude/runtime/config` gives, or the same by hand. Times are in milliseconds. */
export interface DatabaseConfig {
  /** Or a pool that is there already, such as that of `fromPGlite`; it is closed with the rest. */
  readonly postgres: PoolOptions | Pool;
  /** When and how often the database is checked, and what else is. */
  readonly health?:
    | (Omit<HealthOptions, "checks"> & { readonly checks?: readonly HealthCheck[] | undefined })
    | undefined;
  /** What goes to OpenTelemetry, unless `postgres.telemetry` says so already. */
  readonly telemetry?: (TelemetryOptions & { readonly enabled?: boolean | undefined }) | undefined;
  /** What is closed with the rest, each given the time that it may take. */
  readonly closes?: readonly ((timeout?: number) => Promise<unknown>)[] | undefined;
  readonly shutdown?:
    | {
        /** From when it is no longer ready until it takes no more calls, so that others notice; 0. */
        readonly delay?: number | undefined;
        /** How long calls under way may take to end; 10,000. */
        readonly timeout?: number | undefined;
      }
    | undefined;
}

/** All queries of a database, by the file that they stand in, and what else an application does with it. */
export type Database<M extends QueryModules> = BoundQueries<M> & DatabaseMembers<M>;
/** The same in a transaction, or in a savepoint. */
export type DatabaseTransaction<M extends QueryModules> = BoundQueries<M> & TransactionMembers<M>;

export interface DatabaseMembers<M extends QueryModules> extends AsyncDisposable {
  /** What the plain functions take. */
  readonly client: Pool;
  readonly health: Health;
  /** The queries on the read replicas, in turn; on the database itself where none is there. */
  readonly replica: BoundQueries<M>;
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: DatabaseTransaction<M>) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Begins a transaction, which must be ended by commit or rollback, or by `await using`. */
  begin(options?: BeginOptions): Promise<DatabaseTransaction<M>>;
  /** Is no longer ready, lets the calls under way end, and closes everything. */
  shutdown(): Promise<void>;
}

export interface TransactionMembers<M extends QueryModules> extends AsyncDisposable {
  /** What the plain functions take. */
  readonly client: Transaction;
  /**
   * The queries of which one may be the transaction's last call, as of Transaction.last: COMMIT goes out behind it. A batch of which a part fails, and
   * a stream that is left before its end, leave the transaction open.
   */
  readonly last: BoundQueries<M>;
  /** Runs `work` in a savepoint: keeps what it did when it resolves, undoes that when it rejects. */
  transaction<T>(work: (savepoint: DatabaseTransaction<M>) => Promise<T>, options?: QueryOptions): Promise<T>;
  /** Sets a savepoint, which must be ended by commit or rollback, or by `await using`. */
  begin(options?: QueryOptions): Promise<DatabaseTransaction<M>>;
  commit(): Promise<void>;
  /** After its end there is nothing to do, and that is no error. */
  rollback(): Promise<void>;
}

/** The object that a generated `create…` function gives. Connects when it is first used; checks its health at once. */
export function createDatabase<M extends QueryModules>(config: DatabaseConfig, modules: M): Database<M> {
  const { enabled = true, ...telemetry } = config.telemetry ?? {};
  const { postgres } = config;
  const pool =
    postgres instanceof Pool
      ? postgres
      : createPool({ telemetry: enabled ? createTelemetry(telemetry) : noTelemetry, ...postgres });
  const { checks = [], ...health } = config.health ?? {};
  const watch = createHealth({ ...health, checks: [checkOf(postgres), ...checks] });

  const within = boundTransactions<DatabaseTransaction<M>, undefined>(modules, bindToClient);

  class BoundDatabase extends Members<Pool> implements DatabaseMembers<M> {
    readonly health = watch;
    readonly replica = new BoundReplica(this.client.replica, undefined) as unknown as BoundQueries<M>;
    #over: Promise<void> | undefined;

    transaction<T>(
      work: (transaction: DatabaseTransaction<M>) => Promise<T>,
      options?: TransactionOptions,
    ): Promise<T> {
      return this.client.transaction((transaction) => work(within(transaction, undefined)), options);
    }
    async begin(options?: BeginOptions): Promise<DatabaseTransaction<M>> {
      return within(await this.client.begin(options), undefined);
    }
    shutdown(): Promise<void> {
      this.#over ??= shutDown(this.client, watch, config);
      return this.#over;
    }
    [Symbol.asyncDispose](): Promise<void> {
      return this.shutdown();
    }
  }

  class BoundReplica extends Members<Client> {}

  for (const bound of [BoundDatabase, BoundReplica]) Members.define(bound, modules, bindToClient);
  return new BoundDatabase(pool, undefined) as unknown as Database<M>;
}

/** Of a server on a connection of its own; what a pool is of may have no more than the one. */
function checkOf(postgres: PoolOptions | Pool): HealthCheck {
  // A pool's time is that of calls, and its name that of its metrics.
  if (!(postgres instanceof Pool)) return postgresCheck({ ...postgres, name: undefined, timeout: undefined });
  return { name: "postgres", check: (signal) => postgres.ping({ signal }) };
}

async function shutDown(
  pool: Pool,
  health: Health,
  { shutdown: { delay: wait = 0, timeout } = {}, closes = [] }: DatabaseConfig,
): Promise<void> {
  health.shutDown();
  if (wait > 0) await new Pause(wait).over;
  await Promise.all([
    pool.close(timeout === undefined ? {} : { timeout }),
    health.close(),
    ...closes.map((close) => close(timeout)),
  ]);
}
