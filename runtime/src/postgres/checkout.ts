import { ConnectionFailedError, PoolClosedError, PoolExhaustedError } from "../errors/errors.ts";
import { Admission } from "./admission.ts";
import type { Connections, Member } from "./connections.ts";
import { Interrupt } from "./interrupt.ts";
import type { PoolSettings } from "./pool-options.ts";

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
   * @throws PoolExhaustedError, ConnectionFailedError, PoolClosedError, or what `interrupt` says
   */
  take(interrupt: Interrupt, query: string | undefined): Member | Promise<Member> {
    if (this.#isClosed) throw closed(query);
    interrupt.throwIfFired(query);
    const isIn = this.#admission.tryEnter();
    const member = isIn ? this.#connections.takeUnused() : undefined;
    if (member === undefined || !this.#connections.isFit(member) || this.#isStale(member))
      return this.#wait(isIn, member, interrupt, query);
    this.#count(0);
    return member;
  }

  giveBack(member: Member): void {
    const { waiting } = this.#admission;
    if (waiting > 0 && this.#connections.isFit(member)) {
      member.idleSince = performance.now();
      this.#admission.leave(member);
    } else {
      this.#connections.giveBack(member);
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
  ): Promise<Member> {
    const { telemetry, acquireTimeout } = this.#settings;
    const operation = telemetry.acquire();
    const limit = new Interrupt({ timeout: acquireTimeout }, interrupt);
    const started = performance.now();
    try {
      const handed = isIn ? candidate : await this.#enter(limit, interrupt, query);
      const member = await this.#leavingOnError(this.#findFit(handed, limit, interrupt, query));
      this.counts.empty++;
      const time = performance.now() - started;
      this.counts.emptyTime += time;
      this.#count(time);
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
      return new PoolExhaustedError(`all ${max} connections were in use for ${acquireTimeout} ms`, { query });
    });
  }

  async #findFit(
    candidate: Member | undefined,
    limit: Interrupt,
    interrupt: Interrupt,
    query: string | undefined,
  ): Promise<Member> {
    let member = candidate;
    for (;;) {
      member ??= this.#connections.takeUnused() ?? (await this.#open(limit, interrupt, query));
      if (this.#connections.isFit(member) && (!this.#isStale(member) || (await this.#answers(member))))
        return member;
      this.#connections.close(member);
      member = undefined;
      if (limit.fired) throw this.#failed(interrupt, query);
    }
  }

  /** When `limit` fires first, the connection that comes later goes to the unused ones. */
  #open(limit: Interrupt, interrupt: Interrupt, query: string | undefined): Promise<Member> {
    return new Promise((resolve, reject) => {
      let isAbandoned = false;
      const ignore = limit.onFire(() => {
        isAbandoned = true;
        reject(this.#failed(interrupt, query));
      });
      this.#connections.open(query).then(
        (member) => {
          ignore();
          if (isAbandoned) this.#connections.giveBack(member);
          else resolve(member);
        },
        (error) => {
          ignore();
          reject(error);
        },
      );
    });
  }

  #failed(interrupt: Interrupt, query: string | undefined): Error {
    if (interrupt.fired) return interrupt.error(query);
    this.#settings.telemetry.connectionTimedOut();
    return new ConnectionFailedError(`could not connect within ${this.#settings.acquireTimeout} ms`, {
      query,
    });
  }

  #count(time: number): void {
    this.counts.acquired++;
    this.counts.acquireTime += time;
    this.#settings.telemetry.connectionWaited(time / 1000);
  }

  #isStale(member: Member): boolean {
    return performance.now() - member.idleSince >= this.#settings.pingAfter;
  }

  async #answers({ connection }: Member): Promise<boolean> {
    const limit = new Interrupt({ timeout: this.#settings.pingTimeout });
    // There is no point in cancelling a ping.
    const ignore = limit.onFire(() => void connection.abandon("it did not answer"));
    try {
      await connection.ping(limit);
      return true;
    } catch {
      return false;
    } finally {
      ignore();
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

function closed(query?: string): PoolClosedError {
  return new PoolClosedError("the pool is closed", { query });
}
