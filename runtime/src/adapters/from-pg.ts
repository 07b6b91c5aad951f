import type pg from "pg";
import { PoolClosedError, SessionSettingError, TransactionBusyError } from "../errors/errors.ts";
import { readAnswersLater } from "../postgres/answer-reader.ts";
import { connectFailure } from "../postgres/connect-failure.ts";
import { Connection, DEFAULT_CANCEL_TIMEOUT } from "../postgres/connection.ts";
import type { DriverClient } from "../postgres/driver.ts";
import { checkTime, Interrupt } from "../postgres/interrupt.ts";
import { PoolScope, type ScopeSource } from "../postgres/pool-scope.ts";
import { type Lease, Queryable } from "../postgres/queryable.ts";
import { runTransaction } from "../postgres/run-transaction.ts";
import { Scope, type ScopeBy, type Settings } from "../postgres/scope.ts";
import { wrongSetting } from "../postgres/startup-settings.ts";
import { beginTransaction, type Transaction } from "../postgres/transaction.ts";
import type { BeginOptions, TransactionOptions } from "../postgres/transaction-options.ts";
import type { QueryOptions } from "../statement.ts";
import { noTelemetry, type Telemetry } from "../telemetry/telemetry.ts";

export interface FromPgOptions {
  /** Whether statements are prepared and kept by the server; false, for a pooler in between may lose them. */
  readonly prepare?: boolean | undefined;
  /** Milliseconds that a cancelled statement may take to end before its connection is closed instead; 2,000. */
  readonly cancelTimeout?: number | undefined;
  /** How the settings of a scope reach the server; "set_config". */
  readonly scopeBy?: ScopeBy | undefined;
  readonly telemetry?: Telemetry | undefined;
}

/**
 * Generated functions on what an application has already: a pool of `pg`'s, or a client that is connected.
 * @throws RangeError where an option is out of its range
 */
export function fromPg(pool: pg.Pool, options?: FromPgOptions): PgPool;
export function fromPg(client: pg.Client | pg.PoolClient, options?: FromPgOptions): PgClient;
export function fromPg(from: pg.Pool | pg.ClientBase, options: FromPgOptions = {}): PgPool | PgClient {
  checkTime("cancelTimeout", options.cancelTimeout);
  return "totalCount" in from ? new PgPool(from, options) : new PgClient(from, options);
}

/**
 * A pool of `pg`'s, which stays its owner's: nothing here opens it, closes it, or has settings of its own for it. Who waits
 * for a connection waits as long as that pool says, or a call's `timeout`.
 */
export class PgPool extends Queryable {
  readonly #pool: pg.Pool;
  readonly #options: FromPgOptions;
  protected override readonly telemetry: Telemetry;
  #scopeSource: ScopeSource | undefined;

  /** Use fromPg. */
  constructor(pool: pg.Pool, options: FromPgOptions) {
    super();
    this.#pool = pool;
    this.#options = options;
    this.telemetry = options.telemetry ?? noTelemetry;
  }

  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. Its second argument is `pg`'s client,
   * which is in the same transaction, for what is still written by hand.
   */
  transaction<T>(
    work: (transaction: Transaction, client: pg.PoolClient) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    let client: pg.PoolClient | undefined;
    const take = async (interrupt: Interrupt): Promise<Lease> => {
      const lease = await this.#take(interrupt);
      client = lease.connection.client as unknown as pg.PoolClient;
      return lease;
    };
    return runTransaction(take, (transaction) => work(transaction, client!), options, this.telemetry);
  }

  /** Begins a transaction, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    return beginTransaction((interrupt) => this.#take(interrupt), options, this.telemetry);
  }

  /** As Pool.scope. */
  scope(settings: Settings): PoolScope {
    this.#scopeSource ??= {
      lend: (options, _query, scope) => this.#lend(options, scope),
      take: (interrupt, scope) => this.#take(interrupt, scope),
      replica: { lend: (options, _query, scope) => this.#lend(options, scope), telemetry: this.telemetry },
      telemetry: this.telemetry,
    };
    return new PoolScope(this.#scopeSource, new Scope(settings, this.#options.scopeBy ?? "set_config"));
  }

  protected override lease(options: QueryOptions): Promise<Lease> {
    return this.#lend(options);
  }

  async #lend(options: QueryOptions, scope?: Scope): Promise<Lease> {
    const interrupt = Interrupt.of(options);
    try {
      const lease = await this.#take(interrupt, scope);
      const { end } = lease;
      return {
        ...lease,
        end: () => {
          interrupt.end();
          end?.();
        },
      };
    } catch (error) {
      interrupt.end();
      throw error;
    }
  }

  async #take(interrupt: Interrupt, scope?: Scope): Promise<Lease> {
    const client = await this.#connect(interrupt);
    const release = keep(client);
    let connection: Connection | undefined;
    const end = (): void => {
      // `pg` would lend it to the next as it is.
      release(connection?.lost !== undefined || connection?.isInTransaction === true);
    };
    try {
      connection = connectionOf(client, this.#options);
      await requireIdle(connection, interrupt);
      await checkSettings(connection, interrupt);
      return { connection, interrupt, scope, isShared: true, end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** When `interrupt` fires first, the client that comes later goes back. */
  #connect(interrupt: Interrupt): Promise<pg.PoolClient & DriverClient> {
    return new Promise((resolve, reject) => {
      let isAbandoned = false;
      const ignore = interrupt.onFire(() => {
        isAbandoned = true;
        reject(interrupt.error());
      });
      if (interrupt.fired) {
        reject(interrupt.error());
        return;
      }
      if (this.#pool.ending) {
        ignore();
        reject(new PoolClosedError("the pool is closed"));
        return;
      }
      this.#pool.connect().then(
        (client) => {
          ignore();
          if (isAbandoned) client.release();
          else resolve(client as pg.PoolClient & DriverClient);
        },
        (error) => {
          ignore();
          reject(connectFailure(error));
        },
      );
    });
  }
}

/**
 * A connected client of `pg`'s. What runs on it runs where the client is: in the transaction that `client.query("begin")` has
 * opened, or in none. What is asked of the client itself meanwhile waits its turn in `pg`.
 */
export class PgClient extends Queryable {
  readonly #connection: Connection;

  /** Use fromPg. */
  constructor(client: pg.ClientBase, options: FromPgOptions) {
    super();
    this.#connection = connectionOf(client, options);
  }

  /** Begins a transaction on it, which must be ended by commit or rollback, or by `await using`. */
  begin(options: BeginOptions = {}): Promise<Transaction> {
    return beginTransaction((interrupt) => this.#lease(interrupt), options, this.#connection.telemetry);
  }

  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return runTransaction((interrupt) => this.#lease(interrupt), work, options, this.#connection.telemetry);
  }

  protected override lease(options: QueryOptions): Promise<Lease> {
    const interrupt = Interrupt.of(options);
    return this.#lease(interrupt).then((lease) => ({ ...lease, end: () => interrupt.end() }));
  }

  protected override get telemetry(): Telemetry {
    return this.#connection.telemetry;
  }

  async #lease(interrupt: Interrupt): Promise<Lease> {
    await checkSettings(this.#connection, interrupt);
    return { connection: this.#connection, interrupt, isShared: true };
  }
}

/**
 * Keeps a client from going back to its pool, which would lend it to others, while it is taken: whoever has it by a transaction may
 * call its release(), by which it is merely told to be closed then.
 * @returns what has it go back
 */
function keep(client: pg.PoolClient): (isUnfit: boolean) => void {
  const { release } = client;
  let isToClose = false;
  client.release = (error) => {
    isToClose ||= Boolean(error);
  };
  return (isUnfit) => {
    client.release = release;
    client.release(isUnfit || isToClose);
  };
}

/**
 * Waits for what whoever had the client has asked of it before its release.
 * @throws TransactionBusyError where they have left a transaction open: what is done in it, they may yet undo
 */
async function requireIdle(connection: Connection, interrupt: Interrupt): Promise<void> {
  if (!connection.client.readyForQuery) await connection.hold("acquire", interrupt, async () => {});
  if (connection.isInTransaction)
    throw new TransactionBusyError(
      "the pool has lent a client that somebody has released in a transaction; it was closed",
    );
}

/** One for each client, whoever asks: what is prepared, and whose turn it is, belongs to the client. */
const connections = new WeakMap<pg.ClientBase, Connection>();

function connectionOf(client: pg.ClientBase, options: FromPgOptions): Connection {
  let connection = connections.get(client);
  if (connection === undefined) {
    refuseUnfit(client);
    readAnswersLater(client as unknown as DriverClient);
    connection = new Connection(client as unknown as DriverClient, {
      telemetry: options.telemetry ?? noTelemetry,
      cancelTimeout: options.cancelTimeout ?? DEFAULT_CANCEL_TIMEOUT,
      prepare: options.prepare ?? false,
    });
    connection.expose();
    connections.set(client, connection);
  }
  return connection;
}

/** Those whose session's settings are as they must be; a change from then on is reported by the server. */
const checked = new WeakSet<Connection>();

/** Asks once. @throws SessionSettingError where a session's settings would change values in silence */
async function checkSettings(connection: Connection, interrupt: Interrupt): Promise<void> {
  if (checked.has(connection)) return;
  await connection.hold("settings", interrupt, async (client) => {
    // In a transaction that has failed nothing can be asked, nor read.
    if (checked.has(connection) || client.getTransactionStatus() === "E") return;
    const wrong = await wrongSetting(client);
    if (wrong !== undefined)
      throw new SessionSettingError(
        `${wrong.name} is ${wrong.value} in the sessions of that pool, which changes values`,
      );
    checked.add(connection);
  });
}

/** Refuses a client without what we need of `pg`, which is not in its types. */
function refuseUnfit(client: pg.ClientBase): void {
  if ("native" in client)
    throw new TypeError(
      "a client of pg.native decodes values by itself; use pg.Client, or pg.Pool without native",
    );
  if ("pipeline" in client && client.pipeline === true)
    throw new TypeError("a client with pipeline: true takes no statements but pg's own; make one without");
  const { getTransactionStatus, connection } = client as unknown as Partial<DriverClient>;
  if (connection?.stream === undefined) throw new TypeError("not a client of pg, or a pool");
  if (typeof getTransactionStatus !== "function")
    throw new TypeError("the client's pg is too old: it has no getTransactionStatus()");
}
