import pg from "pg";
import { ConnectionLostError, PoolClosedError } from "../errors/errors.ts";
import { connectFailure, HookFailure } from "./connect-failure.ts";
import { Connection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { PoolConnection } from "./pool-connection.ts";
import type { PoolSettings } from "./pool-options.ts";
import { PooledClient } from "./pooled-client.ts";
import { keepsPreparedStatements } from "./pooler.ts";
import { StartupSettings } from "./session-settings.ts";

/** A connection of the pool's, with what decides how long it is kept. */
export interface Member {
  readonly connection: Connection;
  readonly generation: number;
  /** On the clock of `performance.now()`, as all times here. */
  readonly expiresAt: number;
  idleSince: number;
  /** Has `pg`'s pool close it; once. */
  close: () => void;
}

/** What became of the connections since the pool was created. */
export interface ConnectionCounts {
  opened: number;
  closedForAge: number;
  closedForIdleness: number;
}

/**
 * The connections that a pool has: opened, kept, looked after and closed. Who may have one, and when, is not decided here.
 * `pg`'s pool opens and closes them, and sees them in use in between: what it keeps, it gives out only a tick later, and not
 * a certain one.
 */
export class Connections {
  readonly counts: ConnectionCounts = { opened: 0, closedForAge: 0, closedForIdleness: 0 };
  readonly #pool: pg.Pool;
  readonly #settings: PoolSettings;
  readonly #members = new Map<pg.ClientBase, Member>();
  /** Unused; the one used last is at the end, and the first to be used again. */
  readonly #unused: Member[] = [];
  /** Who finds neither an unused one nor room for another: warm ones are being opened. */
  readonly #waiting: Waiter[] = [];
  /** Those whose sockets are open, members or not. */
  readonly #clients = new Set<pg.Client>();
  readonly #startup = new StartupSettings();
  #generation = 0;
  #keepsPrepared: Promise<boolean> | undefined;
  #tending: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(settings: PoolSettings, driver: pg.PoolConfig, connectTimeout: number) {
    this.#settings = settings;
    const startup = this.#startup;
    this.#pool = new pg.Pool({
      ...driver,
      Client: class extends PooledClient {
        constructor(config: pg.ClientConfig) {
          super(config, connectTimeout, startup);
        }
      },
      onConnect: (client: PooledClient) => this.#welcome(client),
    } as unknown as pg.PoolConfig);
    // What happens while `onConnect` runs, or after the end, which whoever it concerns finds out by itself.
    this.#pool.on("error", () => {});
    const limits = [60_000, settings.idleTimeout / 2, settings.maxLifetime / 2].filter((time) => time > 0);
    this.#timer = setInterval(() => this.tend(), Math.max(100, Math.min(...limits))).unref();
    if (settings.minIdle > 0) this.tend();
  }

  /** Connections that nobody uses. */
  get idle(): number {
    return this.#unused.length;
  }

  /** Connections being opened. */
  get opening(): number {
    return Math.max(0, this.#pool.totalCount - this.#members.size);
  }

  /** Connections that somebody has taken. */
  get used(): number {
    return this.#members.size - this.#unused.length;
  }

  get total(): number {
    return this.#pool.totalCount;
  }

  takeUnused(): Member | undefined {
    const member = this.#unused.pop();
    if (member !== undefined && this.#unused.length < this.#settings.minIdle) this.tend();
    return member;
  }

  /**
   * A new connection, or an unused one if one turns up before there is room.
   * @throws ConnectionFailedError, or what `onConnect` throws
   */
  open(query?: string): Promise<Member> {
    return new Promise((resolve, reject) => {
      const waiter = { query, resolve, reject };
      if (this.#pool.totalCount < this.#settings.max) this.#open(waiter);
      else this.#waiting.push(waiter);
    });
  }

  /** Whether it may be used again: nothing is open on it, and it is neither lost nor too old. */
  isFit(member: Member): boolean {
    return this.#isSound(member) && performance.now() < member.expiresAt;
  }

  giveBack(member: Member): void {
    const now = performance.now();
    if (!this.isFit(member)) {
      if (now >= member.expiresAt) this.counts.closedForAge++;
      this.close(member);
      return;
    }
    member.idleSince = now;
    const next = this.#waiting.shift();
    if (next === undefined) this.#unused.push(member);
    else next.resolve(member);
  }

  /** Closes one that was taken. */
  close(member: Member): void {
    // Closed already, when the pool was.
    if (!this.#members.delete(member.connection.client as unknown as pg.Client)) return;
    member.close();
    this.#afterLoss();
  }

  /** Has every connection replaced: the unused ones now, the others when they come back. */
  reset(): void {
    this.#generation++;
    this.#keepsPrepared = undefined;
    this.tend();
  }

  /** Closes unused connections that are too old, or too many, and opens those that `minIdle` asks for. */
  tend(): void {
    this.#tending ??= this.#tend().finally(() => {
      this.#tending = undefined;
    });
  }

  /** Waits for those in use, up to `limit` milliseconds; then closes them under their users. */
  async end(limit: number): Promise<void> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => {
      for (const member of [...this.#members.values()]) {
        void member.connection.abandon("the pool was closed");
        this.close(member);
      }
      for (const client of this.#clients) client.connection.stream.destroy();
    }, limit);
    const ended = this.#pool.end();
    for (const { reject } of this.#waiting.splice(0)) reject(new PoolClosedError("the pool is closed"));
    for (const member of this.#unused.splice(0)) this.close(member);
    await ended;
    clearTimeout(timer);
  }

  #open({ query, resolve, reject }: Waiter): void {
    if (this.#pool.ending) {
      reject(new PoolClosedError("the pool is closed"));
      return;
    }
    this.#pool.connect((error, client, release) => {
      if (client === undefined) {
        if (this.#startup.yieldTo(error)) {
          this.#open({ query, resolve, reject });
          return;
        }
        reject(connectFailure(error, query));
        this.#afterLoss();
        return;
      }
      const member = this.#members.get(client)!;
      member.close = () => release(true);
      resolve(member);
    });
  }

  /** There is room again. */
  #afterLoss(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#open(next);
    if (this.#settings.minIdle > 0) this.tend();
  }

  /** The connection ended, whoever has it; who uses it finds out by itself. */
  #lose(member: Member, error: Error): void {
    const at = this.#unused.indexOf(member);
    if (at === -1) return;
    this.#unused.splice(at, 1);
    this.close(member);
    this.#settings.onBackgroundError(
      new ConnectionLostError("an unused connection was lost", { cause: error }),
    );
  }

  /** Whether anything but age speaks against using it again. */
  #isSound({ connection, generation }: Member): boolean {
    const { ending } = this.#pool;
    return (
      !ending &&
      connection.lost === undefined &&
      connection.session.areRight &&
      !connection.isInTransaction &&
      connection.beginning === undefined &&
      generation === this.#generation
    );
  }

  async #tend(): Promise<void> {
    // Not within the call that was the occasion.
    await new Promise((resolve) => setImmediate(resolve));
    this.#weedOut();
    while (!this.#pool.ending && (await this.#warm()));
  }

  /** @returns whether it opened any, and more may have come to be missing */
  async #warm(): Promise<boolean> {
    const { minIdle, max, onBackgroundError } = this.#settings;
    const missing = Math.min(minIdle - this.#unused.length, max - this.#pool.totalCount);
    if (missing <= 0) return false;
    const outcomes = await Promise.allSettled(Array.from({ length: missing }, () => this.open()));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") this.giveBack(outcome.value);
      else if (!this.#pool.ending) onBackgroundError(outcome.reason);
    }
    return outcomes.every(({ status }) => status === "fulfilled");
  }

  #weedOut(): void {
    const { idleTimeout, minIdle } = this.#settings;
    const now = performance.now();
    let surplus = idleTimeout === 0 ? 0 : this.#unused.length - minIdle;
    // The one that was unused the longest is the first.
    for (const member of this.#unused.splice(0)) {
      const isOld = now >= member.expiresAt;
      const isSurplus = surplus > 0 && now - member.idleSince >= idleTimeout;
      if (this.#isSound(member) && !isOld && !isSurplus) {
        this.#unused.push(member);
        continue;
      }
      surplus--;
      if (isOld) this.counts.closedForAge++;
      else if (isSurplus) this.counts.closedForIdleness++;
      this.close(member);
    }
  }

  /** A new connection, before anyone gets it. */
  async #welcome(client: PooledClient): Promise<void> {
    const { telemetry, cancelTimeout, copies, maxLifetime, maxLifetimeJitter, onConnect } = this.#settings;
    const now = performance.now();
    telemetry.connectionCreated((now - client.createdAt) / 1000);
    this.counts.opened++;
    this.#clients.add(client);
    client.on("end", () => this.#clients.delete(client));
    const generation = this.#generation;
    const driver = client as unknown as DriverClient;
    await this.#startup.verify(driver);
    const connection = new Connection(driver, {
      telemetry,
      cancelTimeout,
      copies,
      session: client.session,
      prepare: await this.#prepare(driver),
      maxPreparedStatements: this.#settings.maxPreparedStatements,
    });
    const member: Member = {
      connection,
      generation,
      expiresAt:
        maxLifetime === 0 ? Number.POSITIVE_INFINITY : now + maxLifetime + Math.random() * maxLifetimeJitter,
      idleSince: now,
      close: () => {},
    };
    this.#members.set(client, member);
    client.on("error", (error) => this.#lose(member, error));
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

interface Waiter {
  /** The name to put into errors. */
  readonly query: string | undefined;
  resolve(member: Member): void;
  reject(error: unknown): void;
}
