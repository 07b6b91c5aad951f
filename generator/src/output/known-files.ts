import { type BigIntStats, statSync } from "node:fs";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";

interface Known {
  readonly stats: BigIntStats;
  /** Where it was found when its links were followed. */
  readonly path: string;
  /** Null where it was not read, or may have been written at the same moment. */
  contents: string | null;
}

/** A clock that files are stamped by moves in steps: within one of them a file can be written twice. */
const STEP_MS = 100;

/** Gives the disk, of which a file is read again only where it is not as it was when it was read last. For who writes to it again and again. */
export function knownFiles(): FileSystem {
  const files = new Map<string, Known>();
  const knownAt = (path: string, stats: BigIntStats | undefined): Known | undefined => {
    const known = files.get(path);
    return known && stats && isSame(known.stats, stats) ? known : undefined;
  };
  return {
    ...nodeFileSystem,
    resolve: async (path) => {
      const stats = statsOf(path);
      const known = knownAt(path, stats);
      if (known) return known.path;
      const resolved = await nodeFileSystem.resolve(path);
      if (stats) files.set(path, { stats, path: resolved, contents: null });
      return resolved;
    },
    read: async (path) => {
      const stats = statsOf(path);
      const known = knownAt(path, stats);
      if (known && known.contents !== null) return known.contents;
      const now = Date.now();
      const contents = await nodeFileSystem.read(path);
      if (stats && Number(stats.ctimeMs) < now - STEP_MS)
        files.set(path, { stats, path: known?.path ?? path, contents });
      return contents;
    },
  };
}

function statsOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // Who reads it hears why.
    return undefined;
  }
}

const SAME = ["dev", "ino", "size", "mtimeNs", "ctimeNs"] as const;

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return SAME.every((name) => a[name] === b[name]);
}
