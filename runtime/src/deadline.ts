import { AsyncLocalStorage } from "node:async_hooks";

/** When something must be over: a Date, or milliseconds since 1970. */
export type Deadline = Date | number;

/** Milliseconds since 1970. */
const storage = new AsyncLocalStorage<number>();
/** Until one was ever set, nobody has to ask. */
let isUsed = false;

/**
 * Runs `work` with a deadline for every call within it, and within what it waits for, such as that of the request that it
 * answers. A call's own `timeout` or `deadline` counts where it is sooner; one within another cannot be later.
 * @throws RangeError where it is no point in time
 */
export function withDeadline<R>(deadline: Deadline, work: () => R): R {
  const time = Math.min(timeOf(deadline), storage.getStore() ?? Number.POSITIVE_INFINITY);
  isUsed = true;
  return storage.run(time, work);
}

/** Runs `work` with no deadline around it: what goes on when the call is over that was its occasion, or is for others too. */
export function withoutDeadline<R>(work: () => R): R {
  return isUsed ? storage.run(Number.POSITIVE_INFINITY, work) : work();
}

/** Milliseconds that are left for a call, at least 0; undefined where nothing limits it. */
export function timeLeft(options: {
  readonly timeout?: number | undefined;
  readonly deadline?: Deadline | undefined;
}): number | undefined {
  const around = isUsed ? finite(storage.getStore()) : undefined;
  if (options.deadline === undefined && around === undefined) return options.timeout;
  const own = options.deadline === undefined ? Number.POSITIVE_INFINITY : timeOf(options.deadline);
  const left = Math.max(0, Math.min(own, around ?? Number.POSITIVE_INFINITY) - Date.now());
  return options.timeout === undefined ? left : Math.min(left, options.timeout);
}

function finite(time: number | undefined): number | undefined {
  return time === Number.POSITIVE_INFINITY ? undefined : time;
}

function timeOf(deadline: Deadline): number {
  // Types are not relied upon: of null, Number makes the year 1970.
  const time = typeof deadline === "number" || deadline instanceof Date ? Number(deadline) : Number.NaN;
  if (Number.isNaN(time)) throw new RangeError("deadline: not a point in time");
  return time;
}
