import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runFolder } from "./shared-server.ts";

/** Has the run's summary say what was not tested, and why. */
export function reportNotTested(reason: string, what: string): void {
  appendFileSync(join(runFolder(), "not-tested"), `${JSON.stringify([reason, what])}\n`);
}
