/**
 * A process of its own that starts one PostgreSQL server for a jest run, reports where it is, and ends it
 * when the run is over, however the run ended.
 *
 *   node supervisor.mjs <major version> <folder> <process id of jest>
 *
 * Writes <folder>/server.json, `{ "url" }` or `{ "problem" }`, and <folder>/ended.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startBinaries } from "./binaries.mjs";
import { startContainer } from "./container.mjs";

const [version, folder, jest] = process.argv.slice(2);

const report = (result) => {
  const temporary = join(folder, "server.json.tmp");
  writeFileSync(temporary, JSON.stringify(result));
  renameSync(temporary, join(folder, "server.json"));
};

const runGoesOn = () => {
  if (existsSync(join(folder, "../stop"))) return false;
  try {
    process.kill(Number(jest), 0);
    return existsSync(folder);
  } catch {
    return false;
  }
};

const problems = [];
let server;
for (const start of [startContainer, startBinaries]) {
  try {
    server = await start(version);
    break;
  } catch (error) {
    problems.push(error.message);
  }
}
if (server === undefined) {
  report({ problem: problems.join("\n") });
} else {
  report({ url: server.url });
  while (runGoesOn()) await setTimeout(100);
  await server.stop();
}
if (existsSync(folder)) writeFileSync(join(folder, "ended"), "");
