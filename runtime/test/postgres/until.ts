import { setTimeout as delay } from "node:timers/promises";

/** Waits until it holds; the limit only ends a test that would never. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 5) {
    if (waited > 20_000) throw new Error(`never: ${holds}`);
    await delay(5);
  }
}
