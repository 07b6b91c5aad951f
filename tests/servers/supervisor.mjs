/**
 * A process of its own that starts one server for a jest run, reports where it is, and ends it when the run is over,
 * however the run ended.
 *
 *   node supervisor.mjs <module> <argument> <folder> <process id of jest>
 *
 * The module exports `ways`: functions that start the server, to be tried in turn. Writes <folder>/server.json,
 * `{ "url" }` or `{ "problem" }`, <folder>/progress while something takes long, and <folder>/ended. Where the run was killed, what it had in
 * memory is removed.
 */
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const [module, argument, folder, jest] = process.argv.slice(2);
const { ways } = await import(module);

const report = (result) => {
  const temporary = join(folder, "server.json.tmp");
  writeFileSync(temporary, JSON.stringify(result));
  renameSync(temporary, join(folder, "server.json"));
};

const isOver = () => existsSync(join(folder, "../stop"));

const isKilled = () => {
  try {
    process.kill(Number(jest), 0);
    return false;
  } catch {
    return true;
  }
};

const problems = [];
let server;
for (const start of ways) {
  try {
    server = await start(argument, (text) => writeFileSync(join(folder, "progress"), text));
    break;
  } catch (error) {
    problems.push(error.message);
  }
}
if (server === undefined) {
  report({ problem: problems.join("\n") });
} else {
  report({ url: server.url });
  while (!isOver() && !isKilled() && existsSync(folder)) await setTimeout(100);
  await server.stop();
}
if (existsSync(folder)) writeFileSync(join(folder, "ended"), "");
// What a run that was killed leaves on a disk may be looked at; memory it would hold until the machine is started again. Where a server did
// not start, the run goes on without it.
const memory = process.env.SOLITUDE_TEST_MEMORY;
if (memory !== undefined && !isOver() && isKilled()) rmSync(memory, { recursive: true, force: true });
