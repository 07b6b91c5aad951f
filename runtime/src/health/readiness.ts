import type { FailureReason } from "./health-check.ts";
import type { CheckResult } from "./monitor.ts";

export type Status = "unknown" | "up" | "down";

/** `starting` until every critical check has a result. */
export type ReadinessState = "starting" | "ready" | "not ready" | "shutting down";

/** A check is up or down now, and was not before. */
export interface StatusChange {
  readonly check: string;
  readonly from: Status;
  readonly to: "up" | "down";
  readonly at: Date;
  /** Milliseconds that the check took. */
  readonly latency: number;
  readonly reason?: FailureReason;
}

export interface StateChange {
  readonly from: ReadinessState;
  readonly to: ReadinessState;
  readonly at: Date;
}

export interface HealthEvents {
  readonly status: StatusChange;
  readonly state: StateChange;
}

/** Makes one state of the results of all checks, and tells when it, or that of a check, changes. */
export class Readiness {
  readonly #critical: readonly string[];
  readonly #onError: (error: unknown) => void;
  readonly #listeners: { readonly [E in keyof HealthEvents]: Set<(event: HealthEvents[E]) => void> } = {
    status: new Set(),
    state: new Set(),
  };
  readonly #statuses = new Map<string, { readonly status: "up" | "down"; readonly since: Date }>();
  #isShuttingDown = false;
  #state: ReadinessState;

  /**
   * @param critical the names of the checks that count
   * @param onError is told what listeners throw
   */
  constructor(critical: readonly string[], onError: (error: unknown) => void) {
    this.#critical = critical;
    this.#onError = onError;
    this.#state = this.#next();
  }

  get state(): ReadinessState {
    return this.#state;
  }

  of(check: string): { readonly status: Status; readonly since: Date | undefined } {
    return this.#statuses.get(check) ?? { status: "unknown", since: undefined };
  }

  settle(check: string, { at, status, latency, reason }: CheckResult): void {
    const { status: from } = this.of(check);
    if (from !== status) {
      this.#statuses.set(check, { status, since: at });
      const why = reason === undefined ? {} : { reason };
      this.#emit("status", { check, from, to: status, at, latency, ...why });
    }
    this.#move(at);
  }

  shutDown(): void {
    this.#isShuttingDown = true;
    this.#move(new Date());
  }

  on<E extends keyof HealthEvents>(event: E, listener: (event: HealthEvents[E]) => void): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  #move(at: Date): void {
    const from = this.#state;
    this.#state = this.#next();
    if (this.#state !== from) this.#emit("state", { from, to: this.#state, at });
  }

  #next(): ReadinessState {
    if (this.#isShuttingDown) return "shutting down";
    const all = this.#critical.map((check) => this.of(check).status);
    if (all.includes("down")) return "not ready";
    return all.includes("unknown") ? "starting" : "ready";
  }

  #emit<E extends keyof HealthEvents>(event: E, value: HealthEvents[E]): void {
    for (const listener of this.#listeners[event])
      try {
        listener(value);
      } catch (error) {
        this.#onError(error);
      }
  }
}
