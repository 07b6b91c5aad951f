import type { Interrupt } from "./interrupt.ts";
import { connectionLost, type Loss } from "./loss.ts";

/** Gives the turn on a connection to one after the other, in the order in which they came. */
export class TurnQueue {
  readonly #loss: Loss;
  readonly #waiting: (() => void)[] = [];
  readonly #reactions = new Set<() => void>();
  #isHeld = false;

  constructor(loss: Loss) {
    this.#loss = loss;
  }

  /** Tells whether someone has the turn. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Calls `reaction` whenever another waits for the turn. @returns what takes it back */
  onWaiting(reaction: () => void): () => void {
    this.#reactions.add(reaction);
    return () => this.#reactions.delete(reaction);
  }

  /** Tells those who want to know of who waits, as if another had come. */
  announce(): void {
    for (const react of this.#reactions) react();
  }

  /** Takes the turn. For a queue whose turn nobody has, or who has waited. */
  take(): void {
    this.#isHeld = true;
  }

  /** Waits until whoever has the turn passes it, or the connection is lost, or `interrupt` fires. */
  wait(query: string | undefined, interrupt: Interrupt): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        ignoreInterrupt();
        ignoreLoss();
      };
      const refuse = (error: Error): void => {
        stop();
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(error);
      };
      const ignoreInterrupt = interrupt.onFire(() => refuse(interrupt.error(query)));
      // Whoever has the turn need not notice soon, such as a stream between two fetches.
      const ignoreLoss = this.#loss.on((reason) => refuse(connectionLost(query, reason)));
      const start = (): void => {
        stop();
        resolve();
      };
      this.#waiting.push(start);
      this.announce();
    });
  }

  /** Gives the turn to the next. */
  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isHeld = false;
    else next();
  }
}
