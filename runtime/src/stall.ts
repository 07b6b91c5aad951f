import { performance } from "node:perf_hooks";
import { after } from "./timer.ts";

/** Milliseconds of work without which nothing is called a stall: garbage collection and starting up take some too. */
const STALL = 250;

/** Gives what tells for how many of the milliseconds since then the event loop was at work, so that nothing could be read. */
export function loopTime(): () => number {
  // Not every runtime has it, and some answer 0.
  const start = performance.eventLoopUtilization?.();
  return () => (start === undefined ? 0 : performance.eventLoopUtilization(start).active);
}

/**
 * Calls `fire` when `timeout` milliseconds have passed, once what has come meanwhile was read: after a stall of the process the
 * answer may lie in the socket already. `stalledFor` is how long the process was at work in that time, where it was most of
 * it; then the time-out says nothing of the server.
 * @returns what stops it; with `unref` what also lets it not keep the process running
 */
export function startTimer(timeout: number, fire: (stalledFor: number | undefined) => void): Timer {
  const started = performance.now();
  const busyTime = loopTime();
  let immediate: NodeJS.Immediate | undefined;
  const timer = after(timeout, () => {
    immediate = setImmediate(() => {
      const busy = busyTime();
      const isStall = busy >= STALL && busy >= (performance.now() - started) / 2;
      fire(isStall ? Math.round(busy) : undefined);
    });
  });
  return {
    unref: () => void timer?.unref(),
    stop: () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}

export interface Timer {
  unref(): void;
  stop(): void;
}
