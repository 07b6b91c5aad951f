/** Milliseconds: Node's timers fire at once where they are set for longer, Infinity included. */
export const LONGEST = 2 ** 31 - 1;

/** As `setTimeout`, but never fires where the time is longer than a timer can be. */
export function after(time: number, work: () => void): NodeJS.Timeout | undefined {
  return time > LONGEST ? undefined : setTimeout(work, time);
}

/** As `setInterval`, likewise. */
export function every(time: number, work: () => void): NodeJS.Timeout | undefined {
  return time > LONGEST ? undefined : setInterval(work, time);
}

/** Resolves after some time; `wake` ends the wait sooner. */
export class Pause {
  wake = (): void => {};
  readonly over: Promise<void>;

  constructor(time: number) {
    this.over = new Promise((resolve) => {
      const timer = after(time, resolve);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
