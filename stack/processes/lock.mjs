import { spawnSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/**
 * Takes the lock that the file `path` stands for. It is a process's, and ends with it, however it ends.
 * @param {string} path
 * @returns {{ release: () => void } | { owner: number }} the owner is a process that runs
 */
export function tryLock(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(describe(process.pid)));
  try {
    for (;;) {
      try {
        linkSync(own, path); // The file is there with its content, or is not.
        return { release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      const owner = read(path);
      if (owner === undefined) continue;
      if (isRunning(owner)) return { owner: owner.pid };
      takeAway(path, owner);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Waits for it.
 * @param {string} path
 * @returns {Promise<() => void>} what releases it
 */
export async function lockWhenFree(path) {
  for (;;) {
    const lock = tryLock(path);
    if ("release" in lock) return lock.release;
    await setTimeout(100);
  }
}

/** A process by its number and the time of its start: numbers come again. */
function describe(pid) {
  const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return { pid, started: stdout?.trim() ?? "" };
}

function isRunning({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  return started === "" || describe(pid).started === started;
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Somebody else may have done so, and hold the lock by now: then it is put back. */
function takeAway(path, owner) {
  const away = `${path}.${process.pid}.away`;
  try {
    renameSync(path, away);
  } catch {
    return;
  }
  const taken = read(away);
  if (taken?.pid !== owner.pid || taken.started !== owner.started) linkSync(away, path);
  rmSync(away, { force: true });
}
