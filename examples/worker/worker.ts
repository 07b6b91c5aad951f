import { setTimeout as delay } from "node:timers/promises";
import { createListener, type Pool } from "@solitude/runtime";
import { failJob, finishJob, takeJob } from "./db";
import type { Letter } from "./letter";

/** Takes jobs until `signal` says to stop; then the one at hand is finished. */
export async function work(
  pool: Pool,
  connectionString: string,
  handle: (letter: Letter) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // Told of new jobs at once; it also looks by itself, for what it was not told of.
  let wake = (): void => {};
  await using listener = createListener({ connectionString });
  await listener.listen("jobs", () => wake(), { onGap: () => wake() });
  signal.addEventListener("abort", () => wake());
  while (!signal.aborted) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const job = await takeJob(pool);
    if (job === null) {
      await Promise.race([woken, delay(10_000, undefined, { signal }).catch(() => {})]);
      continue;
    }
    const { id, input, attempts } = job;
    try {
      await handle(input);
      await finishJob(pool, { id, attempts });
    } catch (error) {
      await failJob(pool, { id, attempts, error: error instanceof Error ? error.message : String(error) });
    }
  }
}
