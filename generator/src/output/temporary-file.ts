import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { FileSystem } from "./file-system.ts";

const PATTERN = /^\..+\.solitude-gen-(\d+)-[0-9a-f]{12}\.tmp$/;
/** Nothing writes for so long: a process of this id that still runs is another one. */
const STALE_MS = 60 * 60 * 1000;

/** A name beside `path`, so that the rename stays within one file system. Hidden and no `.ts`, so that no watcher compiles it. */
export function temporaryPath(path: string): string {
  return join(
    dirname(path),
    `.${basename(path)}.solitude-gen-${process.pid}-${randomBytes(6).toString("hex")}.tmp`,
  );
}

/** Removes what crashed runs left in the folder; leaves alone what a run in another process may still need. */
export async function removeStaleTemporaryFiles(fs: FileSystem, folder: string): Promise<void> {
  for (const name of await fs.list(folder)) {
    const pid = PATTERN.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(folder, name);
    const found = await fs.identify(path);
    if (found === null) continue;
    if (!isRunning(Number(pid)) || Date.now() - found.modified > STALE_MS) await fs.remove(path);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
