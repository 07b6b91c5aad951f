import { CancelledError, TimeoutError } from "../errors/errors.ts";
import { isServerError } from "../errors/from-server.ts";
import type { QueryOptions } from "../statement.ts";

/** What is longer, Infinity included, would fire at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * What may end a piece of work early: a signal, a timeout, or the interrupt of the work that it is part of.
 * One belongs to one call, from its start to its end; it fires at most once.
 */
export class Interrupt {
  #reason: { timedOut: boolean; cause: unknown } | undefined;
  readonly #reactions = new Set<() => void>();
  readonly #undo: (() => void)[] = [];

  constructor({ signal, timeout }: QueryOptions, parent?: Interrupt) {
    if (parent !== undefined) {
      if (parent.fired) this.#reason = parent.#reason;
      else this.#undo.push(parent.onFire(() => this.#fire(parent.#reason!)));
    }
    if (signal !== undefined) {
      const abort = (): void => this.#fire({ timedOut: isTimeout(signal.reason), cause: signal.reason });
      if (signal.aborted) abort();
      else {
        signal.addEventListener("abort", abort, { once: true });
        this.#undo.push(() => signal.removeEventListener("abort", abort));
      }
    }
    if (timeout !== undefined && timeout <= LONGEST_TIMEOUT && !this.fired) {
      const timer = setTimeout(() => this.#fire({ timedOut: true, cause: undefined }), timeout);
      this.#undo.push(() => clearTimeout(timer));
    }
  }

  /** None where there is nothing that could fire, which costs nothing. */
  static of(options: QueryOptions, parent?: Interrupt): Interrupt | undefined {
    if (options.signal === undefined && options.timeout === undefined && parent === undefined)
      return undefined;
    return new Interrupt(options, parent);
  }

  get fired(): boolean {
    return this.#reason !== undefined;
  }

  throwIfFired(query?: string): void {
    if (this.fired) throw this.error(query);
  }

  /** @returns what takes `reaction` back */
  onFire(reaction: () => void): () => void {
    this.#reactions.add(reaction);
    return () => this.#reactions.delete(reaction);
  }

  /** The error for what it ended; `cause` is the server's, where there is one. */
  error(query?: string, cause?: unknown): CancelledError | TimeoutError {
    const { timedOut, cause: reason } = this.#reason!;
    const sqlState = isServerError(cause) ? cause.code : undefined;
    const details = { query, sqlState, cause: reason ?? cause };
    return timedOut ? new TimeoutError("timed out", details) : new CancelledError("cancelled", details);
  }

  /** Takes back the timer and the listeners. */
  end(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#reactions.clear();
  }

  #fire(reason: { timedOut: boolean; cause: unknown }): void {
    if (this.fired) return;
    this.#reason = reason;
    for (const reaction of [...this.#reactions]) reaction();
  }
}

/** What AbortSignal.timeout() gives as its reason. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}
