import type { Interrupt } from "./interrupt.ts";

interface Waiter<T> {
  admit(handed: T | undefined): void;
  refuse(error: unknown): void;
}

/**
 * A fixed number of places, and a queue in order of arrival for those who found none. Who leaves may hand on to the next
 * what was held in that place.
 */
export class Admission<T> {
  readonly #places: number;
  #taken = 0;
  readonly #queue = new Set<Waiter<T>>();

  constructor(places: number) {
    this.#places = places;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Takes a place, if there is one. */
  tryEnter(): boolean {
    if (this.#taken >= this.#places) return false;
    this.#taken++;
    return true;
  }

  /**
   * Waits for a place.
   * @returns what the one who had it handed on, if anything
   * @throws what `refusal` gives, once `limit` fires
   */
  enter(limit: Interrupt, refusal: () => unknown): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        admit: (handed) => {
          ignoreLimit();
          resolve(handed);
        },
        refuse: (error) => {
          ignoreLimit();
          reject(error);
        },
      };
      const ignoreLimit = limit.onFire(() => {
        this.#queue.delete(waiter);
        reject(refusal());
      });
      this.#queue.add(waiter);
    });
  }

  /** Gives the place, and what is handed on, to the next in the queue; or the place back. */
  leave(handed?: T): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#taken--;
    } else {
      this.#queue.delete(next);
      next.admit(handed);
    }
  }

  /** Sends away everyone who waits. */
  refuseAll(error: () => unknown): void {
    for (const waiter of this.#queue) waiter.refuse(error());
    this.#queue.clear();
  }
}
