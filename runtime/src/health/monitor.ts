import { aside } from "../context.ts";
import { startTimer } from "../stall.ts";
import { failureReason } from "./failure-reason.ts";
import type { FailureReason, HealthCheck } from "./health-check.ts";

/** How one run of a check ended. */
export interface CheckResult {
  /** When it ended. */
  readonly at: Date;
  readonly status: "up" | "down";
  /** Milliseconds that it took. */
  readonly latency: number;
  /** Why it failed, where it did. */
  readonly reason?: FailureReason;
}

export interface MonitorOptions {
  readonly timeout: number;
  /** Results to keep. */
  readonly history: number;
  /** Told of each result, in order. */
  readonly onResult: (result: CheckResult) => void;
  /** Told what a failed run threw. */
  readonly onError: (error: unknown) => void;
}

/** Runs one check, never twice at once, and remembers how it went. */
export class Monitor {
  readonly check: HealthCheck;
  readonly #options: MonitorOptions;
  readonly #history: CheckResult[] = [];
  /** When the check itself began, which may outlast its timeout. */
  #start: number | undefined;
  #running: Promise<void> | undefined;

  constructor(check: HealthCheck, options: MonitorOptions) {
    this.check = check;
    this.#options = options;
  }

  /** The results kept, oldest first. */
  get history(): readonly CheckResult[] {
    return [...this.#history];
  }

  get last(): CheckResult | undefined {
    return this.#history.at(-1);
  }

  /** Resolves when there is a new result, at the latest after the timeout. Who asks while it runs gets the same one. */
  run(): Promise<void> {
    this.#running ??= aside(() => this.#run()).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    // An earlier one has not even ended after it was aborted.
    if (this.#start !== undefined) return this.#record("timeout", this.#start);
    const start = performance.now();
    this.#start = start;
    const abort = new AbortController();
    const outcome = new Promise<FailureReason | undefined>((resolve) => {
      const timer = startTimer(this.#options.timeout, (stalledFor) => {
        resolve(stalledFor === undefined ? "timeout" : "stalled");
        abort.abort();
      });
      timer.unref();
      void this.#attempt(abort.signal).then((failure) => {
        timer.stop();
        this.#start = undefined;
        resolve(failure);
      });
    });
    this.#record(await outcome, start);
  }

  /** Gives why it failed, or undefined; never rejects. */
  async #attempt(signal: AbortSignal): Promise<FailureReason | undefined> {
    try {
      await this.check.check(signal);
      return undefined;
    } catch (error) {
      this.#options.onError(error);
      return failureReason(error);
    }
  }

  #record(failure: FailureReason | undefined, start: number): void {
    const latency = performance.now() - start;
    const result: CheckResult =
      failure === undefined
        ? { at: new Date(), status: "up", latency }
        : { at: new Date(), status: "down", latency, reason: failure };
    this.#history.push(result);
    if (this.#history.length > this.#options.history) this.#history.shift();
    this.#options.onResult(result);
  }
}
