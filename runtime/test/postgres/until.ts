import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";

/** Below jest's own limit, so that what never came has its name in the message. */
const LIMIT_MS = 60_000;

/** Waits until it holds; the limit, in milliseconds, only ends a test that would never. */
export async function until(holds: () => boolean | Promise<boolean>, milliseconds = LIMIT_MS): Promise<void> {
  const limit = AbortSignal.timeout(milliseconds); // Not a clock: some tests set those.
  while (!(await holds())) {
    if (limit.aborted) throw new Error(`never: ${holds}`);
    await delay(5);
  }
}

/**
 * Waits until so many sessions of the observer's database are in `pg_sleep`. A statement that was sent need not have
 * begun: what is to hit it on the server, a request to cancel above all, has to wait for this.
 */
export function untilAsleep(observer: pg.Pool, sessions = 1): Promise<void> {
  return until(async () => (await sleepers(observer)) === sessions);
}

async function sleepers(observer: pg.Pool): Promise<number> {
  const { rows } = await observer.query(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  return rows[0].n;
}
