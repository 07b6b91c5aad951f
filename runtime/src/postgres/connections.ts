import { aside, inContext } from "../context.ts";
import { ConnectionLostError, type DatabaseError, PoolClosedError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { Connection } from "./connection.ts";
import { Interrupt } from "./interrupt.ts";
import type { Opener, OpeningWait } from "./opener.ts";
import type { PoolSettings } from "./pool-options.ts";
import { ServerHealth } from "./server-health.ts";

/** A connection of the pool's, with what decides how long it is kept. */
export interface Member {
  readonly connection: Connection;
  readonly generation: number;
  /** On the clock of `performance.now()`, as all times here. */
  readonly openedAt: number;
  readonly expiresAt: number;
  idleSince: number;
}

/** What became of the connections since the pool was created. */
export interface ConnectionCounts {
  opened: number;
  closedForAge: number;
  closedForIdleness: number;
}

/** Milliseconds within which the loss of a connection says something of those that would take its place. */
const YOUNG = 1_000;

/** Milliseconds that closing the pool waits at most for what still runs to be cancelled, when its time is over. */
const LAST_WAIT = 1_000;

/**
 * The connections that a pool has: kept, looked after and closed. Who may have one, and when, is not decided here; nor how
 * one is opened.
 */
export class Connections {
  readonly counts: ConnectionCounts = { opened: 0, closedForAge: 0, closedForIdleness: 0 };
  readonly #settings: PoolSettings;
  readonly #opener: Opener;
  readonly #members = new Set<Member>();
  /** Unused; the one used last is at the end, and the first to be used again. */
  readonly #unused: Member[] = [];
  /** Unused ones that are being tried, since one of their age was found dead. */
  readonly #suspects = new Set<Member>();
  /** Who finds neither an unused one nor room for another. */
  readonly #waiting: Waiter[] = [];
  /** Who has one opened, or is about to: they came before those, and take what is given back meanwhile. */
  readonly #expecting = new Set<Taker>();
  /** Of those that are being opened. */
  readonly #opening = new Set<Interrupt>();
  /** Those given up, until they are closed. */
  readonly #closing = new Map<Connection, Promise<void>>();
  #generation = 0;
  #isEnding = false;
  /** Fires when those in use are waited for no longer, and the limits that may have it do so. */
  readonly #patience = new Interrupt({});
  readonly #limits: Interrupt[] = [];
  /** Told when the last member has gone. */
  #onEmpty = (): void => {};
  #isTending = false;
  #tendAgain: NodeJS.Timeout | undefined;
  /** Whether connections that nobody asked for stay, so that one which the server ends at once is not replaced at once. */
  readonly #staying = new ServerHealth();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(settings: PoolSettings, opener: Opener) {
    this.#settings = settings;
    this.#opener = opener;
    const limits = [60_000, settings.idleTimeout / 2, settings.maxLifetime / 2].filter((time) => time > 0);
    this.#timer = aside(() => setInterval(() => this.tend(), Math.max(100, Math.min(...limits))).unref());
    if (settings.minIdle > 0) this.tend();
  }

  /** Connections that nobody uses. */
  get idle(): number {
    return this.#unused.length + this.#suspects.size;
  }

  /** Connections being opened. */
  get opening(): number {
    return this.#opening.size;
  }

  /** Connections that somebody has taken. */
  get used(): number {
    return this.#members.size - this.idle;
  }

  get total(): number {
    return this.#members.size + this.#opening.size;
  }

  /** Milliseconds until it is worth trying to open one; 0: now. */
  get pause(): number {
    return this.#opener.pause;
  }

  takeUnused(): Member | undefined {
    const member = this.#unused.pop();
    if (member !== undefined && this.#unused.length < this.#settings.minIdle) this.tend();
    return member;
  }

  /** Tells whether one that is given back goes to somebody who has a place in the pool, and no connection yet. */
  get isExpected(): boolean {
    return this.#expecting.size > 0;
  }

  /**
   * A new connection, or one that is given back before it is there, or before there is room for it. What comes when `limit`
   * has fired goes to others.
   * @param tell told what opening it waits for
   * @throws ConnectionFailedError, PoolClosedError, what `onConnect` throws, or what `limit` says
   */
  open(limit: Interrupt, query: string | undefined, tell: (what: OpeningWait) => void): Promise<Member> {
    return new Promise((resolve, reject) => {
      // Another's connection may have to go before it can be opened.
      const open = inContext(() => void this.#openFor(waiter));
      const waiter: Waiter = {
        query,
        tell,
        open,
        resolve: (member) => {
          ignoreLimit();
          resolve(member);
        },
        reject: (error) => {
          ignoreLimit();
          reject(error);
        },
      };
      const ignoreLimit = limit.onFire(() => {
        this.#forget(waiter);
        reject(limit.error(query));
      });
      // One that is suspect makes room for one that works.
      const [suspect] = this.#suspects;
      if (this.total >= this.#settings.max && suspect !== undefined) this.close(suspect, "it may be dead");
      if (this.total < this.#settings.max) open();
      else this.#waiting.push(waiter);
    });
  }

  /** One that is given back before `limit` fires. */
  expect(limit: Interrupt): Promise<Member | undefined> {
    return new Promise((resolve) => {
      const taker: Taker = {
        resolve: (member) => {
          ignoreLimit();
          resolve(member);
        },
      };
      const ignoreLimit = limit.onFire(() => {
        this.#expecting.delete(taker);
        resolve(undefined);
      });
      this.#expecting.add(taker);
    });
  }

  /** Tells whether it may be used again: nothing is open or runs on it, and it is neither lost nor too old. */
  isFit(member: Member, now = performance.now()): boolean {
    return this.#isSound(member) && now < member.expiresAt;
  }

  /** Tries one that was taken; resolves within `pingTimeout`. */
  async answers({ connection }: Member): Promise<boolean> {
    const limit = new Interrupt({ timeout: this.#settings.pingTimeout });
    // There is no point in cancelling a ping.
    limit.onFire(() => void connection.abandon("it did not answer"));
    try {
      await connection.ping(limit);
      return true;
    } catch {
      return false;
    } finally {
      limit.end();
    }
  }

  /** One was found dead that was unused since then: tries those that were unused for as long, before anyone gets them. */
  suspect(since: number): void {
    const suspects = this.#unused.filter(({ idleSince }) => idleSince <= since);
    for (const member of suspects) {
      this.#unused.splice(this.#unused.indexOf(member), 1);
      this.#suspects.add(member);
      void this.answers(member).then((isAlive) => {
        if (!this.#suspects.delete(member)) return;
        if (isAlive) this.giveBack(member);
        else this.close(member, "it did not answer");
      });
    }
  }

  giveBack(member: Member, now = performance.now()): void {
    if (!this.isFit(member, now)) {
      if (now >= member.expiresAt) this.counts.closedForAge++;
      this.close(member, "it could not be used again");
      return;
    }
    member.idleSince = now;
    const next = this.#nextTaker();
    if (next === undefined) this.#unused.push(member);
    else next.resolve(member);
  }

  /** Closes one that was taken, whatever it is doing. */
  close(member: Member, reason: string): void {
    // Closed already, when the pool was.
    if (!this.#members.delete(member)) return;
    this.#suspects.delete(member);
    const { connection } = member;
    const closed = connection.abandon(reason).finally(() => this.#closing.delete(connection));
    this.#closing.set(connection, closed);
    this.#waiting.shift()?.open();
    if (this.#settings.minIdle > 0) this.tend();
    if (this.#members.size === 0) this.#onEmpty();
  }

  /** Has every connection replaced: the unused ones now, the others when they come back. */
  reset(): void {
    this.#generation++;
    this.#opener.reset();
    // By itself: what tends already may be waiting for a connection that is being opened.
    this.#weedOut();
    this.tend();
  }

  /** Closes unused connections that are too old, or too many, and opens those that `minIdle` asks for. */
  tend(): void {
    if (this.#isTending) return;
    this.#isTending = true;
    void aside(() => this.#tend());
  }

  /**
   * Waits for those in use, up to `time` milliseconds; then cancels what they run and closes them under their users. Those
   * that are not in use are closed at once.
   */
  async end(time: number): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#timer);
    clearTimeout(this.#tendAgain);
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    for (const limit of this.#opening) limit.fire("the pool was closed");
    for (const member of [...this.#unused.splice(0), ...this.#suspects])
      this.close(member, "the pool was closed");
    this.hasten(time);
    await this.#emptied();
    for (const member of [...this.#members]) this.close(member, "the pool was closed");
    const { cancelTimeout } = this.#settings;
    const limit = new Interrupt({ timeout: Math.min(cancelTimeout, LAST_WAIT) });
    limit.onFire(() => {
      for (const connection of this.#closing.keys()) connection.hurry();
    });
    await Promise.all(this.#closing.values());
    limit.end();
  }

  /** While it ends: waits no longer than `time` milliseconds from now, whatever was said before. */
  hasten(time: number): void {
    if (this.#members.size === 0) return;
    const limit = new Interrupt({ timeout: time });
    this.#limits.push(limit);
    limit.onFire(() => this.#patience.fire("the pool was closed"));
  }

  /** Resolves when nobody has a connection any more, or they are waited for no longer. */
  async #emptied(): Promise<void> {
    if (this.#members.size > 0)
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        this.#patience.onFire(resolve);
      });
    for (const limit of this.#limits.splice(0)) limit.end();
    this.#patience.end();
  }

  #nextTaker(): Taker | undefined {
    if (this.#expecting.size === 0) return this.#waiting.shift();
    const [first] = this.#expecting;
    this.#expecting.delete(first!);
    return first;
  }

  #forget(waiter: Waiter): void {
    this.#expecting.delete(waiter);
    const at = this.#waiting.indexOf(waiter);
    if (at !== -1) this.#waiting.splice(at, 1);
  }

  /** Gives the new one back where the waiter has another by then, or has given up. */
  async #openFor(waiter: Waiter): Promise<void> {
    this.#expecting.add(waiter);
    try {
      const member = await this.#open(waiter.query, waiter.tell);
      if (this.#expecting.delete(waiter)) waiter.resolve(member);
      else this.giveBack(member);
    } catch (error) {
      if (this.#expecting.delete(waiter)) waiter.reject(error);
    }
  }

  async #open(query?: string, tell?: (what: OpeningWait) => void): Promise<Member> {
    if (this.#isEnding) throw closed(query);
    const limit = new Interrupt({});
    this.#opening.add(limit);
    const generation = this.#generation;
    try {
      const connection = await this.#opener.open(limit, query, tell);
      this.#opening.delete(limit);
      return this.#add(connection, generation);
    } catch (error) {
      this.#opening.delete(limit);
      this.#waiting.shift()?.open();
      throw this.#isEnding ? closed(query) : error;
    } finally {
      limit.end();
    }
  }

  #add(connection: Connection, generation: number): Member {
    const { maxLifetime, maxLifetimeJitter } = this.#settings;
    const now = performance.now();
    const age =
      maxLifetime === 0 ? Number.POSITIVE_INFINITY : maxLifetime + Math.random() * maxLifetimeJitter;
    const member = { connection, generation, openedAt: now, expiresAt: now + age, idleSince: now };
    this.counts.opened++;
    this.#members.add(member);
    connection.onLoss((reason) => this.#lose(member, reason));
    // The server is there again, so that those which are missing can be opened too.
    if (this.#unused.length < this.#settings.minIdle) this.tend();
    return member;
  }

  /** The connection ended, whoever has it; who uses it finds out by itself. */
  #lose(member: Member, reason: Error): void {
    const at = this.#unused.indexOf(member);
    if (at === -1) return;
    this.#unused.splice(at, 1);
    if (performance.now() - member.openedAt < YOUNG) this.#staying.failed();
    else this.#staying.succeeded();
    this.close(member, "it was lost");
    // Where the server said why, that is of this one alone.
    if (!isServerError(reason)) this.suspect(member.idleSince);
    this.#settings.onBackgroundError(
      new ConnectionLostError("an unused connection was lost", { cause: reason }),
    );
  }

  /** Tells whether anything but age speaks against using it again. */
  #isSound({ connection, generation }: Member): boolean {
    return (
      !this.#isEnding &&
      connection.lost === undefined &&
      connection.session.areRight &&
      connection.isOfKind &&
      !connection.isBusy &&
      !connection.isInTransaction &&
      connection.beginning === undefined &&
      generation === this.#generation
    );
  }

  async #tend(): Promise<void> {
    // Not within the call that was the occasion.
    await new Promise((resolve) => setImmediate(resolve));
    this.#weedOut();
    while (!this.#isEnding && this.#missing > 0 && (await this.#warm(this.#missing)));
    // Nothing is awaited between the last look and this, so that what comes to be missing is seen by somebody.
    this.#isTending = false;
  }

  /** Gives the number of connections that `minIdle` asks for and that may be opened. */
  get #missing(): number {
    const { minIdle, max } = this.#settings;
    return Math.min(minIdle - this.#unused.length, max - this.total);
  }

  /** @returns whether it opened any, and more may have come to be missing */
  async #warm(missing: number): Promise<boolean> {
    const { onBackgroundError } = this.#settings;
    if (this.#staying.pause > 0) return this.#warmLater(this.#staying.pause);
    // One is enough to find out whether the server is there again.
    const count = this.#opener.isFailing ? 1 : missing;
    const outcomes = await Promise.allSettled(Array.from({ length: count }, () => this.#open()));
    const failures: unknown[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") this.giveBack(outcome.value);
      else failures.push(outcome.reason);
    }
    if (failures.length === 0) return true;
    if (this.#isEnding) return false;
    onBackgroundError(failures[0] as DatabaseError);
    return this.#warmLater(this.pause);
  }

  #warmLater(pause: number): false {
    clearTimeout(this.#tendAgain);
    this.#tendAgain = setTimeout(() => this.tend(), pause).unref();
    return false;
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
      this.close(member, "it was no longer needed");
    }
  }
}

/** Who takes a connection that is given back. */
interface Taker {
  resolve(member: Member): void;
}

interface Waiter extends Taker {
  /** The name to put into errors. */
  readonly query: string | undefined;
  /** Told what opening one waits for. */
  tell(what: OpeningWait): void;
  /** Has one opened for it. */
  open(): void;
  reject(error: unknown): void;
}

function closed(query?: string): PoolClosedError {
  return new PoolClosedError("the pool is closed", { query });
}
