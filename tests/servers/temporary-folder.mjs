import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";

/** Where Linux has a file system in memory, by convention. */
const MEMORY = "/dev/shm";
/** As `statfs` tells a tmpfs by. */
const TMPFS = 0x01021994;
/** Bytes that must be free for what is written, and beside that for the processes of the run. */
const [FILES, PROCESSES] = [8 * 2 ** 30, 4 * 2 ** 30];

/**
 * Makes a folder in memory for all that a run writes for a moment. On a disk a tenth of the run's CPU goes to making and removing files (servers'
 * databases, projects, what npm installs), which cost less where no disk is told.
 * @returns undefined where there is no such place with plenty of room, or programs cannot be run from it; and where the one who runs the
 *   tests has named a folder
 */
export function folderInMemory(env = process.env, place = MEMORY) {
  if (env.TMPDIR !== undefined || process.platform !== "linux" || !hasRoom(place)) return undefined;
  let folder;
  try {
    folder = mkdtempSync(join(place, "solitude-"));
    // Servers run as a user of their own, and own what is theirs in it.
    chmodSync(folder, 0o1777);
    if (runsPrograms(folder)) return folder;
  } catch {
    // As though it was not there.
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return undefined;
}

function hasRoom(place) {
  try {
    const { type, bavail, bsize } = statfsSync(place);
    // Of the machine, and of the container that this is.
    const memory = Math.min(freemem(), process.availableMemory());
    return type === TMPFS && bavail * bsize >= FILES && memory >= FILES + PROCESSES;
  } catch {
    return false;
  }
}

/** Containers' are often mounted without. */
function runsPrograms(folder) {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program, { timeout: 10_000 });
  rmSync(program);
  return status === 0;
}
