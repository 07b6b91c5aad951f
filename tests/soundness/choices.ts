/** Decides by a tape of numbers, so that a shorter tape of smaller numbers makes a simpler query: what fast-check shrinks. */
export class Choices {
  readonly #tape: readonly number[];
  #at = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  /** 0 to n - 1; 0, the simplest, once the tape is at its end. */
  below(n: number): number {
    return (this.#tape[this.#at++] ?? 0) % n;
  }

  /** True once in so many times; false at the tape's end. */
  onceIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tape.length;
  }
}
