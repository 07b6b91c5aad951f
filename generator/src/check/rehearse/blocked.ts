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

/** Less than this, no connection was waited for. */
const AT_ONCE = 20;

/**
 * Gives how long an execution was blocked, and by what: until it was last seen to wait for the migration, its own work left out; or as long as it had no
 * connection because of others that did.
 */
export function blockedFor(
  { pid, from, sent, to }: Sent,
  waits: ReadonlyMap<number, readonly number[]>,
  began: number,
): Pick<Execution, "blocked" | "waitedFor"> {
  const start = Math.max(from, began);
  const last = (waits.get(pid) ?? []).findLast((time) => time >= sent && time <= to);
  if (last !== undefined) return { blocked: Math.max(last - start, 1), waitedFor: "lock" };
  const others = [...waits.values()].some((times) => times.some((time) => time >= from && time <= sent));
  const isLate = sent - from > AT_ONCE && others && sent > start;
  return isLate ? { blocked: sent - start, waitedFor: "connection" } : { blocked: 0, waitedFor: null };
}
