import pg from "pg";
import { ConnectionFailedError, ConnectionLostError, PoolClosedError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { conditionName } from "../errors/sqlstate.ts";
import { Connection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { PoolConnection } from "./pool-connection.ts";
import type { PoolSettings } from "./pool-options.ts";
import { keepsPreparedStatements } from "./pooler.ts";

/** A connection of the pool's, with what decides how long it is kept. */
export interface Member {
  readonly connection: Connection;
  readonly generation: number;
  /** On the clock of `performance.now()`, as all times here. */
  readonly expiresAt: number;
  idleSince: number;
  isTaken: boolean;
  /** `pg`'s, which may be called once each time it is taken: gives it back to `pg`'s pool, or has it closed. */
  release: (close?: boolean) => void;
}

/** What became of the connections since the pool was created. */
export interface ConnectionCounts {
  opened: number;
  closedForAge: number;
  closedForIdleness: number;
}

/**
 * The connections that a pool has, in `pg`'s pool: opened, kept, looked after and closed. Who may have one, and when,
 * is not decided here.
 */
export class Connections {
  readonly counts: ConnectionCounts = { opened: 0, closedForAge: 0, closedForIdleness: 0 };
  readonly #pool: pg.Pool;
  readonly #settings: PoolSettings;
  readonly #members = new Map<pg.Client, Member>();
  /** Those whose sockets are open, members or not. */
  readonly #clients = new Set<pg.Client>();
  #generation = 0;
  #keepsPrepared: Promise<boolean> | undefined;
  #tending: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(settings: PoolSettings, driver: pg.PoolConfig, connectTimeout: number) {
    this.#settings = settings;
    this.#pool = new pg.Pool({
      ...driver,
      Client: class extends PooledClient {
        constructor(config: pg.ClientConfig) {
          super(config, connectTimeout);
        }
      },
      onConnect: (client: PooledClient) => this.#welcome(client),
    } as unknown as pg.PoolConfig);
    this.#pool.on("remove", (client) => this.#members.delete(client));
    this.#pool.on("error", (error, client) => {
      this.#members.delete(client);
      settings.onBackgroundError(new ConnectionLostError("an unused connection was lost", { cause: error }));
      if (settings.minIdle > 0) this.tend();
    });
    const limits = [60_000, settings.idleTimeout / 2, settings.maxLifetime / 2].filter((time) => time > 0);
    this.#timer = setInterval(() => this.tend(), Math.max(100, Math.min(...limits))).unref();
    if (settings.minIdle > 0) this.tend();
  }

  /** Connections that nobody uses. */
  get idle(): number {
    return this.#pool.idleCount;
  }

  /** Connections being opened. */
  get opening(): number {
    return Math.max(0, this.#pool.totalCount - this.#members.size);
  }

  /** Connections that somebody has taken. */
  get used(): number {
    return Math.max(0, this.#members.size - this.#pool.idleCount);
  }

  get total(): number {
    return this.#pool.totalCount;
  }

  /**
   * An unused connection, or a new one.
   * @throws ConnectionFailedError, or what `onConnect` throws
   */
  take(): Promise<Member> {
    return new Promise((resolve, reject) => {
      if (this.#pool.ending) return reject(new PoolClosedError("the pool is closed"));
      this.#pool.connect((error, client, release) => {
        if (client === undefined) return reject(failure(error));
        const member = this.#members.get(client)!;
        member.release = release;
        member.isTaken = true;
        resolve(member);
      });
    });
  }

  /** Whether it may be used again: nothing is open on it, and it is neither lost nor too old. */
  isFit(member: Member): boolean {
    return this.#isSound(member) && performance.now() < member.expiresAt;
  }

  giveBack(member: Member): void {
    const now = performance.now();
    if (this.isFit(member)) {
      member.idleSince = now;
      release(member);
    } else {
      if (now >= member.expiresAt) this.counts.closedForAge++;
      this.close(member);
    }
  }

  /** Closes one that was taken. */
  close(member: Member): void {
    this.#forget(member);
    release(member, true);
    if (this.#settings.minIdle > 0) this.tend();
  }

  /** Has every connection replaced: the unused ones now, the others when they come back. */
  reset(): void {
    this.#generation++;
    this.#keepsPrepared = undefined;
    this.tend();
  }

  /** Closes unused connections that are too old, or too many, and opens those that `minIdle` asks for. */
  tend(): void {
    this.#tending ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#tend())
      .finally(() => {
        this.#tending = undefined;
      });
  }

  /** Waits for those in use, up to `limit` milliseconds; then closes them under their users. */
  async end(limit: number): Promise<void> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => {
      for (const member of this.#members.values()) {
        member.connection.destroy("the pool was closed");
        release(member, true);
      }
      for (const client of this.#clients) client.connection.stream.destroy();
    }, limit);
    await this.#pool.end();
    clearTimeout(timer);
  }

  /** Whether anything but age speaks against using it again. */
  #isSound({ connection, generation }: Member): boolean {
    const { ending } = this.#pool;
    return (
      !ending &&
      connection.lost === undefined &&
      !connection.isInTransaction &&
      generation === this.#generation
    );
  }

  #forget(member: Member): void {
    this.#members.delete(member.connection.client as unknown as pg.Client);
  }

  async #tend(): Promise<void> {
    const pool = this.#pool;
    if (pool.ending || pool.waitingCount > 0) return;
    // Out of the pool all at once, for it cannot be asked for a certain one; this takes no time.
    const kept = this.#weedOut(await this.#all(pool.idleCount));
    const missing = Math.min(this.#settings.minIdle - kept.length, this.#settings.max - pool.totalCount);
    // While none are in the pool, each of these is a new one.
    const opened = this.#all(missing);
    for (const member of kept) release(member);
    for (const member of await opened) this.giveBack(member);
  }

  /** Takes so many; what cannot be had is reported. */
  async #all(count: number): Promise<Member[]> {
    const outcomes = await Promise.allSettled(Array.from({ length: Math.max(0, count) }, () => this.take()));
    return outcomes.flatMap((outcome) => {
      if (outcome.status === "fulfilled") return [outcome.value];
      if (!this.#pool.ending) this.#settings.onBackgroundError(outcome.reason);
      return [];
    });
  }

  #weedOut(unused: readonly Member[]): Member[] {
    const { idleTimeout, minIdle } = this.#settings;
    const now = performance.now();
    let surplus = idleTimeout === 0 ? 0 : unused.length - minIdle;
    return unused.filter((member) => {
      const isOld = now >= member.expiresAt;
      const isSurplus = surplus > 0 && now - member.idleSince >= idleTimeout;
      if (this.#isSound(member) && !isOld && !isSurplus) return true;
      surplus--;
      if (isOld) this.counts.closedForAge++;
      else if (isSurplus) this.counts.closedForIdleness++;
      this.#forget(member);
      release(member, true);
      return false;
    });
  }

  /** A new connection, before anyone gets it. */
  async #welcome(client: PooledClient): Promise<void> {
    const { telemetry, cancelTimeout, maxLifetime, maxLifetimeJitter, onConnect } = this.#settings;
    const now = performance.now();
    telemetry.connectionCreated((now - client.createdAt) / 1000);
    this.counts.opened++;
    this.#clients.add(client);
    client.on("end", () => this.#clients.delete(client));
    const generation = this.#generation;
    const driver = client as unknown as DriverClient;
    const connection = new Connection(driver, {
      telemetry,
      cancelTimeout,
      prepare: await this.#prepare(driver),
    });
    this.#members.set(client, {
      connection,
      generation,
      expiresAt:
        maxLifetime === 0 ? Number.POSITIVE_INFINITY : now + maxLifetime + Math.random() * maxLifetimeJitter,
      idleSince: now,
      isTaken: false,
      release: () => {},
    });
    if (onConnect === undefined) return;
    try {
      await onConnect(new PoolConnection(connection, () => {}));
    } catch (error) {
      this.#members.delete(client);
      throw new HookFailure(error);
    }
  }

  #prepare(client: DriverClient): boolean | Promise<boolean> {
    const { prepare } = this.#settings;
    if (prepare !== "auto") return prepare;
    this.#keepsPrepared ??= keepsPreparedStatements(client).catch((error) => {
      this.#keepsPrepared = undefined;
      throw error;
    });
    return this.#keepsPrepared;
  }
}

function release(member: Member, close = false): void {
  if (!member.isTaken) return;
  member.isTaken = false;
  member.release(close);
}

class PooledClient extends pg.Client {
  readonly createdAt = performance.now();

  constructor(config: pg.ClientConfig, connectTimeout: number) {
    // The pool hides the password from enumeration. The timeout is the client's alone: the pool would time each checkout.
    super({ ...config, password: config.password, connectionTimeoutMillis: connectTimeout });
  }
}

/** Carries what `onConnect` threw past `failure`. */
class HookFailure extends Error {
  constructor(cause: unknown) {
    super("onConnect failed", { cause });
  }
}

function failure(error: unknown): unknown {
  if (error instanceof HookFailure) return error.cause;
  if (isServerError(error))
    return new ConnectionFailedError(`could not connect: ${conditionName(error.code)} (${error.code})`, {
      sqlState: error.code,
      cause: error,
    });
  const { code = "no answer" } = error as { code?: string };
  return new ConnectionFailedError(`could not connect: ${code}`, { cause: error });
}
