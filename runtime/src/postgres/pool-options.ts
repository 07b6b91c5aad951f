import type { Duplex } from "node:stream";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type pg from "pg";
import type { TargetSessionAttrs } from "../config/target-session-attrs.ts";
import { isTlsOptional } from "../config/tls.ts";
import type { DatabaseError } from "../errors/errors.ts";
import { guarded } from "../guarded.ts";
import { reportSlow, type SlowStatement, warnOfSlow } from "../telemetry/slow-statements.ts";
import { noTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { askingPassword } from "./connect-failure.ts";
import { DEFAULT_CANCEL_TIMEOUT } from "./connection.ts";
import { tlsFilesIn, withConnectionString } from "./connection-string.ts";
import { DEFAULT_FETCH_BYTES } from "./cursor.ts";
import { checkSessionAttrs, type HostOptions, hostConfigs, NO_TLS_AT_FIRST } from "./hosts.ts";
import { type Leak, warnOfLeak } from "./leak-detector.ts";
import type { Notice } from "./notice.ts";
import type { PoolConnection } from "./pool-connection.ts";
import { DEFAULT_LIMIT } from "./prepared-statements.ts";
import type { ScopeBy } from "./scope.ts";
import { whatIsUnstorable } from "./storable.ts";

/** Where a server is and who we are to it; what is left out comes from the PG* variables, as with libpq. */
export interface ServerOptions {
  readonly connectionString?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Several servers in place of `host` and `port`: each connection goes to the first that can be used. */
  readonly hosts?: readonly HostOptions[] | undefined;
  /** What a session must be, as of a primary: where it is another, the next server is tried. "any". */
  readonly targetSessionAttrs?: TargetSessionAttrs | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  /** As a function it is asked for every new connection, so that a rotated password is taken up. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  readonly ssl?: boolean | TlsOptions | undefined;
  /** Of the server's command line, such as `-c search_path=app`. */
  readonly options?: string | undefined;
  /** Whether the system asks the server now and then whether it is there (true), and after how many milliseconds first (30,000). */
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveIdle?: number | undefined;
  /** `direct`: TLS from the first byte. */
  readonly sslNegotiation?: string | undefined;
  /** Whether SCRAM binds itself to the TLS connection, where the server can; `require`: a server that cannot is given no password. */
  readonly channelBinding?: boolean | "require" | undefined;
}

/** All times are in milliseconds; 0 turns a limit off where it says so. */
export interface PoolOptions extends ServerOptions {
  /** Connections at most; 10. */
  readonly max?: number | undefined;
  /** Connections to keep open and unused, so that a burst finds them warm; 0. */
  readonly minIdle?: number | undefined;
  /**
   * Of each call that gives none of its own: a statement, a batch, a COPY, a stream, a transaction as a whole; 0: none, which is
   * the default. A call that may take as long as it likes gives Infinity.
   */
  readonly timeout?: number | undefined;
  /** How long a call may wait for a connection before it fails with PoolExhaustedError or ConnectionFailedError; 10,000. */
  readonly acquireTimeout?: number | undefined;
  /** How long opening a connection may take, with all that comes before it is given out; 5,000; 0: as long as `acquireTimeout`. */
  readonly connectTimeout?: number | undefined;
  /** An unused connection beyond `minIdle` is closed after this; 600,000; 0: never. */
  readonly idleTimeout?: number | undefined;
  /** A connection is replaced once it is this old; 3,600,000; 0: never. */
  readonly maxLifetime?: number | undefined;
  /** At most this is added to `maxLifetime`, at random, so that connections do not end all at once; a tenth of it. */
  readonly maxLifetimeJitter?: number | undefined;
  /** A connection that was unused for this long is tried before it is given out; 10,000; 0: always. */
  readonly pingAfter?: number | undefined;
  /** How long that may take; 2,000. */
  readonly pingTimeout?: number | undefined;
  /** How long a cancelled statement may take to end before its connection is closed instead; 2,000. */
  readonly cancelTimeout?: number | undefined;

  /**
   * Whether statements are prepared and kept by the server. "auto" prepares unless the first connection finds a pooler
   * in between that does not keep prepared statements: PgBouncer before 1.21, or with `max_prepared_statements = 0`. "auto".
   */
  readonly prepare?: boolean | "auto" | undefined;
  /** Statements that a connection keeps prepared at most; beyond, the least recently used is given up; 512. */
  readonly maxPreparedStatements?: number | undefined;
  /**
   * Bytes of rows that a stream asks for at a time, by the size of those before; 1,048,576. It begins with 32 rows, and never asks
   * for more than 1,024, nor for more than four times as many as before. Where they come wider, no more than about twice as many
   * bytes are held, unless a statement of the same transaction waits for its turn.
   */
  readonly fetchBytes?: number | undefined;
  /** How the settings of a scope reach the server; "set_config". "set local" is for servers that hand on only that, as Citus. */
  readonly scopeBy?: ScopeBy | undefined;
  /** Settings of the session; PgBouncer refuses them unless told to ignore them. */
  readonly statementTimeout?: number | undefined;
  readonly lockTimeout?: number | undefined;
  readonly idleInTransactionTimeout?: number | undefined;
  readonly applicationName?: string | undefined;
  /** Runs on each new connection before anyone gets it; when it fails, the connection is closed and the caller gets the error. */
  readonly onConnect?: ((connection: PoolConnection) => void | Promise<void>) | undefined;

  /**
   * Runs before each connection is given out. Where it is false, the connection is closed, and another one tried; what it
   * throws is the caller's error.
   */
  readonly beforeAcquire?: ((connection: PoolConnection) => Accepts | Promise<Accepts>) | undefined;
  /**
   * Runs on a connection that `connect()` has given out, once it is released and before anyone else gets it, such as
   * `resetSession`. Where it is false or fails, the connection is closed. It may take as long as connecting.
   */
  readonly afterRelease?: ((connection: PoolConnection) => Accepts | Promise<Accepts>) | undefined;
  /** Told of what the server says that is no error, such as RAISE NOTICE. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;

  /** Servers that have the same data, for `pool.replica`; what is left out is as above. */
  readonly replicas?: readonly ServerOptions[] | undefined;
  /**
   * A replica is left out unless it is known to be less than this behind, which a look at the logs of the primary and of each
   * tells several times in that time; 0: off, which is the default.
   */
  readonly maxReplicaLag?: number | undefined;

  /** A connection that was not given back for this long is reported, with the place that took it; 0: off, which is the default. */
  readonly leakAfter?: number | undefined;
  /** Told of such a connection; by default it is a warning of the process. */
  readonly onLeak?: ((leak: Leak) => void) | undefined;
  /** Told of what happens in the background: an unused connection was lost, a warm one could not be opened. */
  readonly onBackgroundError?: ((error: DatabaseError) => void) | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** What metrics call the pool; `host:port/database`, with `#2` where another has that. Replicas are `name replica 1` and so on. */
  readonly name?: string | undefined;
  /** A statement, batch, copy or stream that took so long is reported; 0: off. 1,000 where there is `onSlowStatement`, else 0. */
  readonly slowAfter?: number | undefined;
  /** Told of such a statement; by default it is a warning of the process. */
  readonly onSlowStatement?: ((slow: SlowStatement) => void) | undefined;
}

/** False where the connection is not to be used again. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one that accepts
type Accepts = boolean | void;

/** What carries the protocol in place of a network. */
export interface Transport {
  readonly stream: () => Duplex;
  /** Whether it can do COPY from a client. */
  readonly copies: boolean;
}

/** The options that have a default, with it. */
export interface PoolSettings {
  readonly max: number;
  readonly minIdle: number;
  readonly acquireTimeout: number;
  readonly connectTimeout: number;
  readonly maxReplicaLag: number;
  /** Undefined where there is none. */
  readonly timeout: number | undefined;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly maxLifetimeJitter: number;
  readonly pingAfter: number;
  readonly pingTimeout: number;
  readonly cancelTimeout: number;
  readonly prepare: boolean | "auto";
  readonly maxPreparedStatements: number;
  readonly fetchBytes: number;
  readonly scopeBy: ScopeBy;
  /** Whether the server can do COPY from a client. */
  readonly copies: boolean;
  readonly leakAfter: number;
  readonly onLeak: (leak: Leak) => void;
  readonly onConnect: PoolOptions["onConnect"];
  readonly beforeAcquire: PoolOptions["beforeAcquire"];
  readonly afterRelease: PoolOptions["afterRelease"];
  readonly onNotice: PoolOptions["onNotice"];
  readonly onBackgroundError: (error: DatabaseError) => void;
  readonly telemetry: Telemetry;
}

/** What an application hands in to be called. */
const HOOKS = [
  "onConnect",
  "beforeAcquire",
  "afterRelease",
  "onNotice",
  "onLeak",
  "onBackgroundError",
  "onSlowStatement",
] as const;

/** @throws RangeError where a number is out of its range; TypeError where what is to be called is no function */
export function poolSettings(options: PoolOptions, transport?: Transport): PoolSettings {
  const maxLifetime = options.maxLifetime ?? 3_600_000;
  const settings = {
    max: options.max ?? 10,
    minIdle: options.minIdle ?? 0,
    acquireTimeout: options.acquireTimeout ?? 10_000,
    connectTimeout: options.connectTimeout ?? 5_000,
    timeout: options.timeout ?? 0,
    maxReplicaLag: options.maxReplicaLag ?? 0,
    idleTimeout: options.idleTimeout ?? 600_000,
    maxLifetime,
    maxLifetimeJitter: options.maxLifetimeJitter ?? maxLifetime / 10,
    pingAfter: options.pingAfter ?? 10_000,
    pingTimeout: options.pingTimeout ?? 2_000,
    cancelTimeout: options.cancelTimeout ?? DEFAULT_CANCEL_TIMEOUT,
    fetchBytes: options.fetchBytes ?? DEFAULT_FETCH_BYTES,
    leakAfter: options.leakAfter ?? 0,
    slowAfter: options.slowAfter ?? (options.onSlowStatement === undefined ? 0 : 1_000),
  };
  for (const [name, value] of Object.entries(settings))
    if (!(typeof value === "number" && value >= 0))
      throw new RangeError(`${name}: ${String(value)} is not a number that is 0 or more`);
  const { max, minIdle, connectTimeout, acquireTimeout, timeout } = settings;
  if (!Number.isInteger(max) || max < 1) throw new RangeError(`max: ${max} is not a number of connections`);
  if (!Number.isInteger(minIdle) || minIdle > max)
    throw new RangeError(`minIdle: ${minIdle} does not fit into max: ${max}`);
  for (const name of HOOKS)
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw new TypeError(`${name}: not a function`);
  const prepare = options.prepare ?? "auto";
  if (![true, false, "auto"].includes(prepare))
    throw new RangeError(`prepare: there is no ${String(prepare)}`);
  const scopeBy = options.scopeBy ?? "set_config";
  if (!["set_config", "set local"].includes(scopeBy)) throw new RangeError(`scopeBy: there is no ${scopeBy}`);
  return {
    ...settings,
    connectTimeout: connectTimeout || acquireTimeout,
    timeout: timeout === 0 ? undefined : timeout,
    prepare,
    maxPreparedStatements: preparedLimit(options),
    scopeBy,
    copies: transport?.copies ?? true,
    onLeak: guarded("onLeak", options.onLeak ?? warnOfLeak),
    onConnect: options.onConnect,
    beforeAcquire: options.beforeAcquire,
    afterRelease: options.afterRelease,
    onNotice: options.onNotice && guarded("onNotice", options.onNotice),
    onBackgroundError: guarded("onBackgroundError", options.onBackgroundError),
    telemetry: watchingSlow(options, settings.slowAfter),
  };
}

function watchingSlow(
  { telemetry = noTelemetry, onSlowStatement = warnOfSlow }: PoolOptions,
  slowAfter: number,
): Telemetry {
  if (slowAfter === 0) return telemetry;
  return reportSlow(telemetry, slowAfter, guarded("onSlowStatement", onSlowStatement));
}

/**
 * Gives the options of each replica's pool: what it leaves out is the pool's, but neither where that is, once it says so itself, nor of
 * what kind the pool's sessions must be.
 */
export function replicasOf(all: PoolOptions): PoolOptions[] {
  const { replicas = [], host, hosts, ...shared } = withConnectionString(all);
  checkList("replicas", replicas);
  if (replicas.length === 0) return [];
  const tls = tlsFilesIn(all);
  return replicas.map((server, i) => {
    const own = withConnectionString(server, {}, tls);
    const place = own.host === undefined && own.hosts === undefined ? { host, hosts } : {};
    const name = shared.name && `${shared.name} replica ${i + 1}`;
    return { ...shared, ...place, targetSessionAttrs: "any", ...own, name };
  });
}

/** What `pg` is told of each server, and which of them will do. */
export interface DriverOptions {
  /** One for each server, in the order in which they are tried. */
  readonly configs: readonly pg.ClientConfig[];
  readonly targetSessionAttrs: TargetSessionAttrs;
}

/** @throws RangeError where a port, a time or a text is none, there is no such kind of session, or the connection string says what cannot be */
export function driverOptions(all: PoolOptions, transport?: Transport): DriverOptions {
  const options = withConnectionString(all);
  checkList("hosts", options.hosts ?? []);
  checkSessionTimes(options);
  checkTexts(options);
  const { host, port, database, user, password, ssl, channelBinding: binding } = options;
  // With such a server TLS is the first thing said, so that a connection without it is none.
  if (options.sslNegotiation === "direct" && (!ssl || isTlsOptional(ssl)))
    throw new RangeError(
      "sslNegotiation: direct needs TLS: set sslmode to require, verify-ca or verify-full",
    );
  const given = {
    host,
    port,
    database,
    user,
    password: askingPassword(password),
    ssl,
    statement_timeout: options.statementTimeout,
    lock_timeout: options.lockTimeout,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeout,
    application_name: options.applicationName,
    options: options.options,
    sslnegotiation: options.sslNegotiation ?? NO_TLS_AT_FIRST,
    enableChannelBinding: binding === undefined ? undefined : binding !== false,
    requireChannelBinding: binding === "require" ? true : undefined,
  };
  const driver = {
    ...present(given),
    keepAlive: options.keepAlive ?? true,
    keepAliveInitialDelayMillis: options.keepAliveIdle ?? 30_000,
    ...(transport === undefined ? {} : { stream: transport.stream }),
  };
  return {
    configs: hostConfigs(driver, options.hosts ?? []),
    targetSessionAttrs: checkSessionAttrs(options.targetSessionAttrs),
  };
}

/**
 * Refuses a text with U+0000: a connection begins with a list of texts, each ended by it, so that one which has it says more than its
 * own, such as another user. A URL has it as `%00`. The value is not in the message, for it may be the password.
 */
function checkTexts(options: PoolOptions): void {
  const { name, host, hosts = [], database, user, password, applicationName } = options;
  const texts: [name: string, text: unknown][] = [
    ...Object.entries({ name, host, database, user, applicationName, options: options.options }),
    // A function gives it later.
    ["password", typeof password === "function" ? undefined : password],
    // Where one says nothing, it would be this machine.
    ...hosts.map((one): [string, unknown] => ["hosts", one?.host ?? null]),
  ];
  for (const [option, text] of texts) {
    if (text === undefined) continue;
    if (typeof text !== "string") throw new TypeError(`${option}: not a text`);
    const reason = whatIsUnstorable(text);
    if (reason !== undefined) throw new RangeError(`${option} has ${reason}`);
  }
}

function checkList(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`${name}: not a list`);
}

/** PostgreSQL's settings of this kind have 32 bits, and 0 is none. */
const LONGEST_TIME = 2 ** 31 - 1;

function checkSessionTimes(options: PoolOptions): void {
  const { statementTimeout, lockTimeout, idleInTransactionTimeout, keepAliveIdle } = options;
  const times = { statementTimeout, lockTimeout, idleInTransactionTimeout, keepAliveIdle };
  for (const [name, time] of Object.entries(times))
    if (time !== undefined && !(Number.isInteger(time) && time >= 0 && time <= LONGEST_TIME))
      throw new RangeError(
        `${name}: ${String(time)} is not a whole number of milliseconds up to ${LONGEST_TIME}`,
      );
}

function present(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function preparedLimit({ maxPreparedStatements = DEFAULT_LIMIT }: PoolOptions): number {
  if (Number.isInteger(maxPreparedStatements) && maxPreparedStatements >= 1) return maxPreparedStatements;
  throw new RangeError(`maxPreparedStatements: ${maxPreparedStatements} is not a number of statements`);
}
