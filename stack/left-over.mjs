import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/**
 * Ends a server of ours that has outlived the stack which started it: servers run in groups of their own, which a `kill -9` of
 * the stack does not reach.
 * @param {string} pidFile what the server writes its process's number to, in the first line
 * @param {string} mark what only that server's command line has: the folder of its data
 * @returns {Promise<boolean>} whether one had been started, be it gone by now
 */
export async function endLeftOver(pidFile, mark) {
  const pid = readPid(pidFile);
  if (pid === undefined) return false;
  // The number may be another process's by now.
  if (!commandLine(pid).includes(mark)) return true;
  process.kill(pid, "SIGINT");
  for (let waited = 0; commandLine(pid).includes(mark); waited += 100) {
    if (waited === 30_000) process.kill(pid, "SIGKILL");
    await setTimeout(100);
  }
  return true;
}

function readPid(file) {
  try {
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function commandLine(pid) {
  return spawnSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
}
