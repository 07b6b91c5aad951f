import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CONFIG_NAMES } from "../config/config-names.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { SourceFiles } from "../source/read-source.ts";
import { cacheFolder } from "./cache-folder.ts";
import { ContentCache } from "./content-cache.ts";

// The embedded PostgreSQL takes longer to start than all else that precedes its first statement. Where it is foreseeable that
// it will be needed, it starts first. What is foreseen decides nothing but that.

/** A file that the last run read. */
interface Seen {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly hash: string;
}

interface LastRun {
  readonly isEmbedded: boolean;
  readonly files: readonly Seen[];
  /** The key of what it made; null where that was not kept. */
  readonly output: string | null;
}

let begun: Promise<void> | null = null;

/**
 * Begins to load the embedded PostgreSQL where a file is not as the last run of this configuration saw it, or there was none.
 * What goes wrong is for the run itself to find. A process has one configuration: what is asked again has begun.
 */
export function startEarly(config: string | undefined, cwd: string): Promise<void> {
  begun ??= begin(config, cwd).catch(() => {});
  return begun;
}

async function begin(config: string | undefined, cwd: string): Promise<void> {
  const file = (config === undefined ? CONFIG_NAMES : [config])
    .map((name) => resolve(cwd, name))
    .find((path) => existsSync(path));
  if (file === undefined) return;
  const last = await cacheOf(dirname(file)).read<LastRun>(KIND, ContentCache.key(file));
  if (last !== null && (!last.isEmbedded || (await areAsSeen(last.files)))) return;
  (await import("../postgres/embedded.ts")).warmUp();
}

/** Takes note of what this run has read. */
export async function noteFiles(
  loaded: LoadedConfig,
  files: readonly SourceFiles[],
  output: string | null,
): Promise<void> {
  const texts = new Map(files.flatMap((set) => [...set.texts]));
  const last: LastRun = {
    isEmbedded: loaded.config.querySets.some((set) => set.databaseUri === undefined),
    files: await Promise.all([
      readFile(loaded.file).then((contents) => see(loaded.file, contents)),
      ...[...texts].map(([path, text]) => see(resolve(loaded.root, path), text)),
    ]),
    output,
  };
  await cacheOf(loaded.home ?? loaded.root).write(KIND, ContentCache.key(loaded.file), last);
}

/** Gives the key of what the last run of this configuration made. */
export async function lastOutput({ file, home, root }: LoadedConfig): Promise<string | null> {
  return (await cacheOf(home ?? root).read<LastRun>(KIND, ContentCache.key(file)))?.output ?? null;
}

const KIND = "files";

const cacheOf = (root: string): ContentCache => new ContentCache(cacheFolder(root));

async function see(path: string, contents: Buffer | string): Promise<Seen> {
  const { size, mtimeMs } = await stat(path);
  return { path, size, mtimeMs, hash: hashOf(contents) };
}

async function areAsSeen(files: readonly Seen[]): Promise<boolean> {
  const same = await Promise.all(
    files.map(async (seen) => {
      const { size, mtimeMs } = await stat(seen.path);
      // A checkout has new times, and a cache that CI restored may suit it all the same.
      return (
        size === seen.size && (mtimeMs === seen.mtimeMs || hashOf(await readFile(seen.path)) === seen.hash)
      );
    }),
  ).catch(() => [false]);
  return !same.includes(false);
}

const hashOf = (contents: Buffer | string): string => createHash("sha1").update(contents).digest("hex");
