import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, stat, unlink, writeFile } from "node:fs/promises";

/** What this folder needs of the disk; a seam for tests that make one step of it fail. */
export interface FileSystem {
  mkdir(folder: string): Promise<void>;
  /** Names of the folder's entries that are no folders; none where the folder does not exist. */
  list(folder: string): Promise<string[]>;
  /** Null where there is no such file. A folder of that name, or a link to nothing, is an error. */
  read(path: string): Promise<string | null>;
  /** Resolves where a symbolic link leads; the path itself where there is none. */
  resolve(path: string): Promise<string>;
  /** Identity and mode of a file, or null. */
  identify(
    path: string,
  ): Promise<{ readonly id: string; readonly mode: number; readonly modified: number } | null>;
  write(path: string, contents: string, mode: number): Promise<void>;
  remove(path: string): Promise<void>;
  /** Synchronous, so that no signal handler runs between the renames of one run. */
  renameNow(from: string, to: string): void;
  removeNow(path: string): void;
  writeNow(path: string, contents: string): void;
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

export const nodeFileSystem: FileSystem = {
  mkdir: async (folder) => void (await mkdir(folder, { recursive: true })),
  list: async (folder) => {
    const entries = await orNull(readdir(folder, { withFileTypes: true }));
    return (entries ?? []).filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  },
  read: (path) => orNull(readFile(path, "utf8")),
  resolve: async (path) => (await orNull(realpath(path))) ?? path,
  identify: async (path) => {
    const found = await orNull(stat(path));
    return found && { id: `${found.dev}:${found.ino}`, mode: found.mode & 0o777, modified: found.mtimeMs };
  },
  write: (path, contents, mode) => writeFile(path, contents, { mode, flag: "wx" }),
  remove: async (path) => void (await orNull(unlink(path))),
  renameNow: renameSync,
  removeNow: unlinkSync,
  writeNow: writeFileSync,
};
