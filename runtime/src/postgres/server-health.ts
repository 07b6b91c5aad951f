/** Milliseconds that a server is left alone after its first failure; each further one in a row doubles them. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** What is remembered of a server: whether it could be used, and when it is worth trying again. */
export class ServerHealth {
  #failures = 0;
  #retryAt = 0;

  /** Milliseconds until it is worth trying; 0: now. */
  get pause(): number {
    return Math.max(0, this.#retryAt - performance.now());
  }

  /** Tells whether it failed the last time, whenever that was. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#retryAt = 0;
  }

  /** A part of the pause is random, so that not everyone tries at the same time. */
  failed(): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#retryAt = performance.now() + pause * (0.5 + Math.random() / 2);
  }
}
