import { isatty } from "node:tty";

/** Ends the work under way at the first interruption, in place of the process. */
let stop: ((code: number) => void) | null = null;

/**
 * Has the first interruption end the work, so that nothing stays on a server; a second one ends the process. The process listens to its signals once and for
 * all: one that comes while a listener takes another one's place would reach neither.
 * @param work is given the code that the process would have ended with
 * @returns what to call when the work is over
 */
export function onInterruption(work: (code: number) => void): () => void {
  stop = work;
  return () => {
    if (stop === work) stop = null;
  };
}

/** Ends the process with that code, or the work that has asked for it. */
export function interrupt(code: number): void {
  if (stop === null) leave(code);
  const work = stop;
  stop = null;
  work(code);
}

const terminals = [0, 1, 2].filter((stream) => isatty(stream));

/**
 * Ends the process. At its end Node puts its terminal back as it found it, and crashes where that has gone; there a signal
 * ends it, as it does who has no listener for the end of its terminal.
 */
export function leave(code: number): never {
  if (!terminals.every((stream) => isatty(stream))) {
    process.emit("exit", code);
    endBy("SIGHUP");
  }
  process.exit(code);
}

/** Ends the process by a signal, as if nobody listened to it: at once, without its `exit` handlers. */
export function endBy(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
