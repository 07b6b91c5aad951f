import { timeLeft } from "../deadline.ts";
import { CancelledError, TimeoutError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import { startTimer } from "../stall.ts";
import type { QueryOptions } from "../statement.ts";
import { onAbort } from "./shared-signal.ts";

interface Reason {
  readonly timedOut: boolean;
  /** What the signal gave. */
  readonly cause?: unknown;
  /** Where it is neither a signal nor a time that is over. */
  readonly message?: string | undefined;
  /** Milliseconds for which the process itself was at work, where that was why. */
  readonly stalledFor?: number | undefined;
}

const nothing = (): void => {};

/**
 * What may end a piece of work early: a signal, a timeout, or the interrupt of the work that it is part of. Whatever waits
 * for a server takes one, so that no wait can be without a limit by oversight; only a call whose caller set none has one
 * that never fires. One belongs to one call, from its start to its end; it fires at most once.
 */
export class Interrupt {
  static readonly #never = new Interrupt({});

  #reason: Reason | undefined;
  /** Most have one at a time: a set is made for the second. */
  #reaction: (() => void) | undefined;
  #further: Set<() => void> | undefined;
  #undo: (() => void)[] | undefined;

  /** @throws RangeError or TypeError where an option is not what it should be */
  constructor({ signal, timeout }: QueryOptions, parent?: Interrupt) {
    check(signal, timeout);
    if (parent?.canFire) {
      if (parent.fired) this.#reason = parent.#reason;
      else this.#undoLater(parent.onFire(() => this.#fire(parent.#reason!)));
    }
    if (signal !== undefined) {
      const abort = (): void => this.#fire({ timedOut: isTimeout(signal.reason), cause: signal.reason });
      if (signal.aborted) abort();
      else this.#undoLater(onAbort(signal, abort));
    }
    if (timeout !== undefined && !this.fired) this.#startTimer(timeout);
  }

  /** Of a call that is part of no other. Where its options set no limit, it never fires, and costs nothing. */
  static of(options: QueryOptions): Interrupt {
    return Interrupt.within(options, Interrupt.#never);
  }

  /** Of a call that is part of another. Where its options set no limit, it is the other's. */
  static within(options: QueryOptions, parent: Interrupt): Interrupt {
    const { signal } = options;
    const timeout = timeLeft(options);
    return signal === undefined && timeout === undefined
      ? parent
      : new Interrupt({ signal, timeout }, parent);
  }

  /** False only of that of a call without a limit. */
  get canFire(): boolean {
    return this !== Interrupt.#never;
  }

  get fired(): boolean {
    return this.#reason !== undefined;
  }

  /** Milliseconds for which the process itself was at work meanwhile, where that was why it fired. */
  get stalledFor(): number | undefined {
    return this.#reason?.stalledFor;
  }

  throwIfFired(query?: string): void {
    if (this.fired) throw this.error(query);
  }

  /** Ends the work itself, for a reason that is no time-out's. */
  fire(message: string): void {
    this.#fire({ timedOut: false, message });
  }

  /**
   * Calls `reaction` when it fires; where it has fired already, soon.
   * @returns what takes `reaction` back
   */
  onFire(reaction: () => void): () => void {
    if (!this.canFire) return nothing;
    // In the order in which they came.
    if (this.#reaction === undefined && this.#further === undefined) this.#reaction = reaction;
    else {
      this.#further ??= new Set();
      this.#further.add(reaction);
    }
    if (this.fired) queueMicrotask(() => this.#has(reaction) && reaction());
    return () => this.#forget(reaction);
  }

  #has(reaction: () => void): boolean {
    return this.#reaction === reaction || this.#further?.has(reaction) === true;
  }

  #forget(reaction: () => void): void {
    if (this.#reaction === reaction) this.#reaction = undefined;
    else if (this.#further?.delete(reaction) && this.#further.size === 0) this.#further = undefined;
  }

  /**
   * Waits for `work`, but no longer than until this fires.
   * @throws what `work` does, or what `error` gives
   */
  race<T>(work: Promise<T>, query?: string): Promise<T> {
    if (!this.canFire) return work;
    return new Promise((resolve, reject) => {
      const ignore = this.onFire(() => reject(this.error(query)));
      work.then(resolve, reject).finally(ignore);
    });
  }

  /** The error for what it ended; `cause` is the server's, where there is one. */
  error(query?: string, cause?: unknown): CancelledError | TimeoutError {
    const { timedOut, cause: reason, message, stalledFor } = this.#reason!;
    const sqlState = isServerError(cause) ? cause.code : undefined;
    const details = { query, sqlState, cause: reason ?? cause, stalledFor };
    return timedOut
      ? new TimeoutError(`timed out${becauseOf(stalledFor)}`, details)
      : new CancelledError(message ?? "cancelled", details);
  }

  /** Takes back the timer and the listeners. */
  end(): void {
    const undo = this.#undo;
    this.#undo = undefined;
    if (undo !== undefined) for (const one of undo) one();
    this.#reaction = undefined;
    this.#further = undefined;
  }

  #undoLater(undo: () => void): void {
    if (this.#undo === undefined) this.#undo = [undo];
    else this.#undo.push(undo);
  }

  #startTimer(timeout: number): void {
    if (timeout === 0) {
      this.#fire({ timedOut: true });
      return;
    }
    const timer = startTimer(timeout, (stalledFor) => this.#fire({ timedOut: true, stalledFor }));
    this.#undoLater(timer.stop);
  }

  #fire(reason: Reason): void {
    if (this.fired) return;
    this.#reason = reason;
    const first = this.#reaction;
    const further = this.#further;
    if (further === undefined) first?.();
    else for (const reaction of first === undefined ? [...further] : [first, ...further]) reaction();
  }
}

/** For the end of a sentence on a time that is over. */
export function becauseOf(stalledFor: number | undefined): string {
  return stalledFor === undefined ? "" : `; the process itself was at work for ${stalledFor} ms of that`;
}

/** For a call that has nothing to do. @throws what any other would: where an option is not what it should be, or its time is over */
export function throwIfOver(options: QueryOptions, query: string): void {
  const interrupt = Interrupt.of(options);
  interrupt.end();
  interrupt.throwIfFired(query);
}

/** A call's limits, with the timeout that it has where it gives none of its own. */
export function limits(
  { signal, timeout, deadline }: QueryOptions,
  otherwise: number | undefined,
): QueryOptions {
  return { signal, timeout: timeout ?? otherwise, deadline };
}

/** Types are not relied upon: a NaN would fire at once, or never. */
function check(signal: unknown, timeout: unknown): void {
  checkTime("timeout", timeout);
  if (signal !== undefined && !isSignal(signal)) throw new TypeError("signal: not an AbortSignal");
}

/** By shape, for there are others than the platform's. */
function isSignal(signal: unknown): boolean {
  return (
    typeof signal === "object" &&
    signal !== null &&
    "aborted" in signal &&
    "addEventListener" in signal &&
    typeof signal.addEventListener === "function"
  );
}

/** @throws RangeError where a time that was handed in is none */
export function checkTime(name: string, time: unknown): void {
  if (time !== undefined && !(typeof time === "number" && time >= 0))
    throw new RangeError(`${name}: ${String(time)} is not a number of milliseconds`);
}

/** Tells whether a reason is what AbortSignal.timeout() gives. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}
