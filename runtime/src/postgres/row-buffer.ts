import type { RawRow } from "../statement.ts";
import type { DriverConnection } from "./driver.ts";
import { Interrupt } from "./interrupt.ts";

type Stream = Pick<DriverConnection["stream"], "pause" | "resume">;

/**
 * Rows on their way to who takes them, from one answer of the server's at a time: handed over once they take so many bytes, or all
 * have come. While nobody takes them, the socket is read no further; how wide rows are is known only when they come.
 */
export class RowBuffer {
  readonly #limit: number;
  #rows: RawRow[] = [];
  /** That they take. */
  #held = 0;
  #taking: { resolve(rows: RawRow[]): void; reject(error: unknown): void } | undefined;
  #paused: Stream | undefined;
  #isHurried = false;
  #isDiscarding = false;
  /** Called when the answer is over. */
  #onEnd = (): void => {};
  /** Whether more of the answer may come. */
  isExpecting = false;
  /** What has come of the answer. */
  bytes = 0;
  count = 0;

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Tells whether somebody waits for rows. */
  get isAwaited(): boolean {
    return this.#taking !== undefined;
  }

  /** An answer has been asked for. */
  expect(): void {
    this.isExpecting = true;
    this.#isHurried = false;
    this.bytes = 0;
    this.count = 0;
  }

  add(row: RawRow, length: number, stream: Stream): void {
    this.bytes += length;
    this.count++;
    if (this.#isDiscarding) return;
    this.#rows.push(row);
    this.#held += length;
    if (this.#held < this.#limit) return;
    if (this.#taking !== undefined) this.#hand();
    else if (!this.#isHurried) {
      this.#paused = stream;
      stream.pause();
    }
  }

  /** Forgets what has come, which is nobody's. */
  drop(): void {
    this.#rows = [];
    this.#held = 0;
    this.bytes = 0;
    this.count = 0;
  }

  /** All of the answer has come. */
  complete(): void {
    this.#end();
    this.#hand();
  }

  fail(error: unknown): void {
    this.#end();
    this.#taking?.reject(error);
    this.#taking = undefined;
  }

  /** The next rows: as many as fit, or what is left of the answer. Not before the last were handed over. */
  take(): Promise<RawRow[]> {
    return new Promise((resolve, reject) => {
      this.#taking = { resolve, reject };
      if (!this.isEmpty && (!this.isExpecting || this.#held >= this.#limit)) this.#hand();
      this.#resume();
    });
  }

  /** Reads the answer to its end, whatever that takes: others wait for the connection. */
  hurry(): void {
    this.#isHurried = true;
    this.#resume();
  }

  /**
   * Throws away what is there, and what still comes.
   * @param patience milliseconds within which something must come
   * @returns when all has come, or nothing comes any more
   */
  async discard(patience: number): Promise<void> {
    this.#isDiscarding = true;
    this.#rows = [];
    this.#held = 0;
    this.#resume();
    for (let before = -1; this.isExpecting && this.count !== before; ) {
      before = this.count;
      const limit = new Interrupt({ timeout: patience });
      await new Promise<void>((resolve) => {
        this.#onEnd = resolve;
        limit.onFire(resolve);
      });
      limit.end();
    }
  }

  #end(): void {
    this.isExpecting = false;
    this.#resume();
    this.#onEnd();
  }

  #hand(): void {
    const taking = this.#taking;
    if (taking === undefined) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#held = 0;
    this.#taking = undefined;
    taking.resolve(rows);
  }

  #resume(): void {
    this.#paused?.resume();
    this.#paused = undefined;
  }
}
