import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Ends the servers that the suites of this run have started. */
export default async function tearDown() {
  const run = process.env.SOLITUDE_TEST_RUN;
  if (run === undefined) return;
  writeFileSync(join(run, "stop"), "");
  const servers = readdirSync(run).filter((name) => name.startsWith("postgres-"));
  const running = () => servers.filter((name) => !existsSync(join(run, name, "ended")));
  for (let i = 0; i < 100 && running().length > 0; i++) await setTimeout(50);
  for (const name of running())
    console.error(`the server of ${join(run, name)} did not end within 5 seconds`);
  rmSync(run, { recursive: true, force: true });
}
