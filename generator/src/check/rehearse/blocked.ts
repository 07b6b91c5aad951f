import type { Execution } from "./model.ts";

/** An execution as it was sent. */
export interface Sent extends Omit<Execution, "blocked" | "waitedFor"> {
  readonly pid: number;
  /** When a connection was free for it. */
  readonly sent: number;
}

/**
 * Gives who waits for a session, be it for somebody who waits for it in turn: those who want the same row stand behind one another.
 * @param blockers for each session that waits, those that it waits for
 */
export function waitingFor(pid: number, blockers: ReadonlyMap<number, readonly number[]>): Set<number> {
  const found = new Set<number>();
  for (let grows = true; grows; ) {
    grows = false;
    for (const [waiting, others] of blockers) {
      if (found.has(waiting) || waiting === pid) continue;
      if (!others.some((other) => other === pid || found.has(other))) continue;
      found.add(waiting);
      grows = true;
    }
  }
  return found;
}

/** Gives how many of the times, which rise, are not later. */
function countUpTo(times: readonly number[], last: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Less than this, no connection was waited for. */
const AT_ONCE = 20;

/**
 * Gives how long an execution was blocked, and by what: until it was seen to wait for the migration no more, its own work left out; or as long as it had no
 * connection because of others that did.
 * @param looks the times of all looks, which a busy server answers late: a wait may have ended at any time before the next one
 */
export function blockedFor(
  { pid, from, sent, to }: Sent,
  waits: ReadonlyMap<number, readonly number[]>,
  began: number,
  looks: readonly number[],
): Pick<Execution, "blocked" | "waitedFor"> {
  const start = Math.max(from, began);
  const own = waits.get(pid) ?? [];
  const last = own[countUpTo(own, to) - 1];
  if (last !== undefined && last >= sent) {
    const next = looks[countUpTo(looks, last)] ?? last;
    return { blocked: Math.max(Math.min(next, to) - start, 1), waitedFor: "lock" };
  }
  const isLate = sent - from > AT_ONCE && sent > start;
  // A long migration has many looks, and many executions.
  const others =
    isLate && [...waits.values()].some((times) => (times[countUpTo(times, sent) - 1] ?? -1) >= from);
  return others ? { blocked: sent - start, waitedFor: "connection" } : { blocked: 0, waitedFor: null };
}
