import { withoutDeadline } from "../deadline.ts";
import {
  ConnectionFailedError,
  ConnectionLostError,
  PoolClosedError,
  PoolExhaustedError,
} from "../errors/errors.ts";
import { Admission } from "./admission.ts";
import { mayPass } from "./connect-failure.ts";
import type { Connections, Member } from "./connections.ts";
import { becauseOf, Interrupt } from "./interrupt.ts";
import type { OpeningWait } from "./opener.ts";
import { lendTo } from "./pool-connection.ts";
import type { PoolSettings } from "./pool-options.ts";
import { ServerHealth } from "./server-health.ts";

/** Decides who gets a connection, and when: in order of arrival, within limits, and only one that works. */
export class Checkout {
  readonly counts = { acquired: 0, acquireTime: 0, empty: 0, emptyTime: 0, canceled: 0 };
  readonly #settings: PoolSettings;
  readonly #connections: Connections;
  readonly #admission: Admission<Member>;
  #isClosed = false;

  constructor(settings: PoolSettings, connections: Connections) {
    this.#settings = settings;
    this.#connections = connections;
    this.#admission = new Admission(settings.max);
  }

  /** Calls that wait for a connection. */
  get waiting(): number {
    return this.#admission.waiting;
  }

  /**
   * A connection, at once where an unused one needs no try.
   * @param isTriedAgain whether connecting is, where it failed for a reason that may pass
   * @throws PoolExhaustedError, ConnectionFailedError, PoolClosedError, or what `interrupt` says
   */
  take(interrupt: Interrupt, query: string | undefined, isTriedAgain = true): Member | Promise<Member> {
    if (this.#isClosed) throw closed(query);
    interrupt.throwIfFired(query);
    const isIn = this.#admission.tryEnter();
    const member = isIn ? this.#connections.takeUnused() : undefined;
    const now = performance.now();
    const isCertain = this.#settings.beforeAcquire === undefined && member !== undefined;
    if (!isCertain || !this.#connections.isFit(member, now) || this.#isStale(member, now))
      return this.#wait(isIn, member, interrupt, query, isTriedAgain);
    this.counts.acquired++;
    this.#settings.telemetry.connectionWaited(0);
    return member;
  }

  giveBack(member: Member): void {
    const now = performance.now();
    const isForNext = this.#admission.waiting > 0 && !this.#connections.isExpected;
    if (isForNext && this.#connections.isFit(member, now)) {
      member.idleSince = now;
      this.#admission.leave(member);
    } else {
      this.#connections.giveBack(member, now);
      this.#admission.leave();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#admission.refuseAll(() => closed());
  }

  /** For a place, where there was none, and for a connection to be opened, or tried. */
  async #wait(
    isIn: boolean,
    candidate: Member | undefined,
    interrupt: Interrupt,
    query: string | undefined,
    isTriedAgain: boolean,
  ): Promise<Member> {
    const { telemetry, acquireTimeout } = this.#settings;
    const operation = telemetry.acquire();
    const limit = new Interrupt({ timeout: acquireTimeout }, interrupt);
    const started = performance.now();
    try {
      const handed = isIn ? candidate : await this.#enter(limit, interrupt, query);
      const member = await operation.within(() =>
        this.#leavingOnError(this.#findFit(handed, limit, interrupt, query, isTriedAgain)),
      );
      const time = performance.now() - started;
      this.counts.empty++;
      this.counts.emptyTime += time;
      this.counts.acquired++;
      this.counts.acquireTime += time;
      operation.end();
      return member;
    } catch (error) {
      if (limit.fired) this.counts.canceled++;
      operation.end({ error });
      throw error;
    } finally {
      limit.end();
    }
  }

  #enter(limit: Interrupt, interrupt: Interrupt, query: string | undefined): Promise<Member | undefined> {
    return this.#admission.enter(limit, () => {
      if (interrupt.fired) return interrupt.error(query);
      this.#settings.telemetry.connectionTimedOut();
      const { max, acquireTimeout } = this.#settings;
      const { stalledFor } = limit;
      const message = `all ${max} connections were in use for ${acquireTimeout} ms${becauseOf(stalledFor)}`;
      return new PoolExhaustedError(message, { query, stalledFor });
    });
  }

  async #findFit(
    candidate: Member | undefined,
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
    isTriedAgain: boolean,
  ): Promise<Member> {
    let member = candidate;
    const refusals = new ServerHealth();
    for (let refused = 0; ; ) {
      member ??= this.#connections.takeUnused() ?? (await this.#open(limit, interrupt, query, isTriedAgain));
      if (this.#connections.isFit(member)) {
        const isAlive = !this.#isStale(member) || (await this.#isAlive(member, limit, interrupt, query));
        if (!isAlive) this.#connections.suspect(member.idleSince);
        else if (await this.#isAccepted(member, limit, interrupt, query)) return member;
        else refused++;
      }
      this.#connections.close(member, "it could not be used again");
      member = undefined;
      if (refused > this.#settings.max) {
        // New ones are refused too: not as many of them as the time allows.
        refusals.failed();
        member = await this.#pause(refusals.pause, limit);
      }
      if (member === undefined && limit.fired)
        throw this.#failed(interrupt, query, "found none that could be used");
    }
  }

  /**
   * Tries again what may pass, such as a server that is starting, until `limit` fires. Where that has just failed and others have
   * connections, as of a server that gives no more than those, one of theirs may be free before it is worth trying.
   */
  async #open(
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
    isTriedAgain: boolean,
  ): Promise<Member> {
    let failure: ConnectionFailedError | undefined;
    for (;;) {
      const { pause, used } = this.#connections;
      if (failure !== undefined || (isTriedAgain && pause > 0 && used > 0)) {
        const other = await this.#pause(pause, limit);
        if (other !== undefined) return other;
        if (limit.fired) throw this.#failed(interrupt, query, "could not connect", failure);
      }
      try {
        return await this.#openOnce(limit, interrupt, query, failure);
      } catch (error) {
        if (limit.fired || !isTriedAgain || !mayPass(error)) throw error;
        failure = error as ConnectionFailedError;
      }
    }
  }

  /** @param before why the attempt before this one failed, if there was one */
  async #openOnce(
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
    before: ConnectionFailedError | undefined,
  ): Promise<Member> {
    let waitsFor: OpeningWait = "could not connect";
    const tell = (what: OpeningWait): void => {
      waitsFor = what;
    };
    try {
      return await this.#connections.open(limit, query, tell);
    } catch (error) {
      throw limit.fired ? this.#failed(interrupt, query, waitsFor, before) : error;
    }
  }

  /** Waits for so many milliseconds, or for a connection that is given back before. */
  async #pause(time: number, limit: Interrupt): Promise<Member | undefined> {
    const over = new Interrupt({ timeout: Math.max(1, time) }, limit);
    const member = await this.#connections.expect(over);
    over.end();
    return member ?? this.#connections.takeUnused();
  }

  /** Makes the error of a checkout that was given up; why the last attempt failed is in `failure`, where there was one. */
  #failed(
    interrupt: Interrupt,
    query: string | undefined,
    what: Unfinished,
    failure?: ConnectionFailedError,
  ): Error {
    if (interrupt.fired) return interrupt.error(query, failure?.cause);
    this.#settings.telemetry.connectionTimedOut();
    const why = failure === undefined ? "" : `; at last: ${reasonOf(failure)}`;
    return new ConnectionFailedError(`${what} within ${this.#settings.acquireTimeout} ms${why}`, {
      query,
      sqlState: failure?.sqlState,
      cause: failure?.cause,
    });
  }

  #isStale(member: Member, now = performance.now()): boolean {
    return now - member.idleSince >= this.#settings.pingAfter;
  }

  /** When `limit` fires first, only the caller gives up: the connection goes to the unused ones if it answers yet. */
  async #isAlive(
    member: Member,
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
  ): Promise<boolean> {
    const answers = this.#connections.answers(member);
    try {
      return await limit.race(answers);
    } catch {
      void answers.then((isAlive) => {
        if (isAlive) this.#connections.giveBack(member);
        else this.#connections.close(member, "it did not answer");
      });
      throw this.#failed(interrupt, query, "an unused connection did not answer");
    }
  }

  /** Asks the application whether it takes the connection. @throws what that throws; the connection is closed then */
  async #isAccepted(
    member: Member,
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
  ): Promise<boolean> {
    const { beforeAcquire, timeout } = this.#settings;
    if (beforeAcquire === undefined) return true;
    try {
      return (await lendTo(beforeAcquire, "beforeAcquire", member.connection, limit, timeout)) !== false;
    } catch (error) {
      this.#connections.close(member, "beforeAcquire failed");
      throw limit.fired ? this.#failed(interrupt, query, "beforeAcquire did not end") : error;
    }
  }

  /** Has the application look at one that was lent as a whole, before anyone else gets it. */
  async giveBackSession(member: Member): Promise<void> {
    const { afterRelease, connectTimeout, timeout } = this.#settings;
    const { session } = member.connection;
    if (session.isDoubted) await this.#settle(member);
    if (afterRelease === undefined || !this.#connections.isFit(member)) {
      this.giveBack(member);
      return;
    }
    const { connection } = member;
    const limit = new Interrupt({ timeout: connectTimeout });
    let isFit = false;
    try {
      isFit =
        (await withoutDeadline(() => lendTo(afterRelease, "afterRelease", connection, limit, timeout))) !==
        false;
    } catch (error) {
      const failed = new ConnectionLostError("afterRelease failed, so the connection was closed", {
        cause: error,
      });
      this.#settings.onBackgroundError(failed);
    } finally {
      limit.end();
    }
    if (isFit && session.isDoubted) await this.#settle(member);
    if (isFit) {
      this.giveBack(member);
    } else {
      this.#connections.close(member, "afterRelease does not want it back");
      this.#admission.leave();
    }
  }

  /** Asks for what may have been changed on it unseen. One that is not as it must be, or cannot tell, is not fit afterwards. */
  async #settle({ connection }: Member): Promise<void> {
    if (connection.lost !== undefined || connection.isBusy || connection.isInTransaction) return;
    const limit = new Interrupt({ timeout: this.#settings.pingTimeout });
    limit.onFire(() => void connection.abandon("it did not answer"));
    try {
      await connection.verifySettings("settings", limit);
    } catch {
      // It stays in doubt.
    } finally {
      limit.end();
    }
  }

  async #leavingOnError<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#admission.leave();
      throw error;
    }
  }
}

/** The wait that a checkout was in when its time was over. */
type Unfinished =
  | OpeningWait
  | "an unused connection did not answer"
  | "beforeAcquire did not end"
  | "found none that could be used";

/** Without the query's name, which is in front already. */
function reasonOf({ message, query }: ConnectionFailedError): string {
  return query === undefined ? message : message.slice(`${query}: `.length);
}

function closed(query?: string): PoolClosedError {
  return new PoolClosedError("the pool is closed", { query });
}
