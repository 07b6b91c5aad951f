/** So long nothing must be asked for: who saves twice in a row does not wait for what was left to do after the first time. */
const QUIET_MS = 400;

/** What is to be done while nobody waits: what keeps results for later runs. It can be done one round later, or never. */
export class SpareTime {
  #work: (() => Promise<void>)[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** Takes what a round leaves to do, in place of what the one before it did. */
  leave(work: readonly (() => Promise<void>)[]): void {
    if (work.length > 0) this.#work = [...work];
  }

  /** Begins when nothing has happened for a while. */
  begin(): void {
    this.end();
    this.#timer = setTimeout(() => void this.#next(), QUIET_MS);
  }

  /** Puts the rest off: somebody waits. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #next(): Promise<void> {
    // One after the other, so that who comes waits for one of them at most.
    const mine = this.#timer;
    for (let work = this.#work.shift(); work; work = this.#work.shift()) {
      await work().catch(() => {});
      if (this.#timer !== mine) return;
    }
  }
}
