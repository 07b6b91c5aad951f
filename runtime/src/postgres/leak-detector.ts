import { after } from "../timer.ts";

/** A connection that somebody took and has not given back. */
export interface Leak {
  /** Milliseconds since it was taken. */
  readonly heldFor: number;
  /** Where it was taken: a stack, innermost call first. */
  readonly takenAt: string;
}

/**
 * Reports once when `time` milliseconds have passed.
 * @returns what to call when the connection is given back
 */
export function watchForLeak(time: number, report: (leak: Leak) => void): () => void {
  const place = new Error("taken here");
  Error.captureStackTrace(place, watchForLeak);
  const timer = after(time, () => {
    // Made readable only now, for that is the costly part.
    report({ heldFor: time, takenAt: (place.stack ?? "").split("\n").slice(1).join("\n") });
  })?.unref();
  return () => clearTimeout(timer);
}

export function warnOfLeak({ heldFor, takenAt }: Leak): void {
  process.emitWarning(
    `a database connection was not given back within ${heldFor} ms; it was taken at\n${takenAt}`,
    {
      type: "ConnectionLeakWarning",
    },
  );
}
