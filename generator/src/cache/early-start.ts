import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CONFIG_NAMES } from "../config/config-names.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Beginning } from "../postgres/embedded-database.ts";
import type { SourceFiles } from "../source/read-source.ts";
import { cacheFolder } from "./cache-folder.ts";
import { ContentCache } from "./content-cache.ts";
import { type KeptStart, snapshotIn } from "./kept-snapshot.ts";

// The embedded PostgreSQL takes longer to start than all else that precedes its first statement. Where it is foreseeable that
// it will be needed, it starts first. What is foreseen decides nothing but that. Files are looked at one by one: of each that is as it was
// nothing is wanted but its size and time, for which a promise of Node's takes ten times as long.

/** A file that the last run read. */
interface Seen {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly hash: string;
  /** Whether it holds queries and no part of a schema. */
  readonly isOfQueries: boolean;
}

interface LastRun {
  readonly isEmbedded: boolean;
  readonly files: readonly Seen[];
  /** The key of what it made; null where that was not kept. */
  readonly output: string | null;
  /** What its database was started with; null where it took none. */
  readonly database: KeptStart | null;
  /** What its configuration said; null where more than its text decides that. */
  readonly loaded: LoadedConfig | null;
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
  const file = configFile(config, cwd);
  if (file === undefined) return;
  const last = await read(file);
  if (last !== null && !last.isEmbedded) return;
  const changed = last && changedSince(last.files);
  if (changed?.length === 0) return;
  const { startAhead, warmUp } = await import("../postgres/embedded.ts");
  // Of another schema, another database is wanted.
  if (last?.database && changed?.every(({ isOfQueries }) => isOfQueries))
    startAhead(beginningOf(last.database));
  else warmUp();
}

const beginningOf = (kept: KeptStart): Beginning => ({
  snapshot: snapshotIn(cacheOf(kept.root), kept),
  extensions: kept.extensions,
  root: kept.root,
});

const configFile = (config: string | undefined, cwd: string): string | undefined =>
  (config === undefined ? CONFIG_NAMES : [config])
    .map((name) => resolve(cwd, name))
    .find((path) => existsSync(path));

const read = (file: string): Promise<LastRun | null> =>
  cacheOf(dirname(file)).read<LastRun>(KIND, ContentCache.key(file));

/**
 * Gives what the configuration in a folder says, without reading more of it than whether it is that of the last run; null
 * where it is another one, or a file that the last run read does not seem to be as it was.
 * @param onNeed what to do where the embedded PostgreSQL will be needed
 */
export async function lastRun(cwd: string, onNeed: () => Promise<void>): Promise<LoadedConfig | null> {
  const file = configFile(undefined, cwd);
  if (file === undefined) return null;
  const last = await read(file);
  if (last !== null && changedSince(last.files).length === 0) return sameConfig(last, file);
  if (last?.isEmbedded !== false) await onNeed();
  return null;
}

/**
 * Gives what the configuration says, of what is generated, without reading more of it than whether it is that of the last run; null
 * where it is another one.
 */
export async function lastConfig(config: string | undefined, cwd: string): Promise<LoadedConfig | null> {
  const file = configFile(config, cwd);
  const last = file === undefined ? null : await read(file);
  return last && file ? sameConfig(last, file).catch(() => null) : null;
}

/** Gives what it said in the last run, where its text is the same, and alone decides what it says. */
async function sameConfig({ files, loaded }: LastRun, file: string): Promise<LoadedConfig | null> {
  const seen = files.find(({ path }) => path === file);
  if (loaded === null || seen?.hash !== hashOf(readFileSync(file))) return null;
  return (await isInSameProject(loaded)) ? loaded : null;
}

/** Tells whether the project around each output folder decides what it did. */
async function isInSameProject({ config, root }: LoadedConfig): Promise<boolean> {
  for (const { typescript } of config.querySets) {
    if (typescript?.isInProject !== true) continue;
    const { importExtensionFor } = await import("../config/import-extension.ts");
    const now = importExtensionFor(resolve(root, typescript.out));
    if (now !== typescript.options.import_extension) return false;
  }
  return true;
}

/** Tells whether the configuration's text alone decides what it says, and what is made of it. */
const isPlain = ({ config, diagnostics, home }: LoadedConfig, text: string): boolean =>
  diagnostics.length === 0 &&
  home === undefined &&
  // Environment variables.
  !text.includes("$") &&
  config.querySets.every(
    ({ databaseUri, plugins, json }) => databaseUri === undefined && plugins.length === 0 && json === null,
  );

/** Takes note of what this run has read. */
export async function noteFiles(
  loaded: LoadedConfig,
  files: readonly SourceFiles[],
  { output, database }: Pick<LastRun, "output" | "database">,
): Promise<void> {
  const texts = new Map(files.flatMap((set) => [...set.texts]));
  const text = readFileSync(loaded.file, "utf8");
  const { config, diagnostics, file, root } = loaded;
  const ofQueries = new Set(files.flatMap(({ queryFiles }) => queryFiles.paths));
  for (const { schemaFiles } of files) for (const path of schemaFiles.paths) ofQueries.delete(path);
  const last: LastRun = {
    isEmbedded: loaded.config.querySets.some((set) => set.databaseUri === undefined),
    files: [
      see(loaded.file, text, false),
      ...[...texts].map(([path, text]) => see(resolve(loaded.root, path), text, ofQueries.has(path))),
    ],
    output,
    database,
    loaded: isPlain(loaded, text) ? { config, diagnostics, file, root } : null,
  };
  await cacheOf(loaded.home ?? loaded.root).write(KIND, ContentCache.key(loaded.file), last);
}

/** Gives the key of what the last run of this configuration made. */
export async function lastOutput({ file, home, root }: LoadedConfig): Promise<string | null> {
  return (await cacheOf(home ?? root).read<LastRun>(KIND, ContentCache.key(file)))?.output ?? null;
}

const KIND = "files";

const cacheOf = (root: string): ContentCache => new ContentCache(cacheFolder(root));

function see(path: string, contents: Buffer | string, isOfQueries: boolean): Seen {
  const { size, mtimeMs } = statSync(path);
  return { path, size, mtimeMs, hash: hashOf(contents), isOfQueries };
}

/** Gives those that do not seem to be as they were. */
const changedSince = (files: readonly Seen[]): readonly Seen[] => files.filter((seen) => !isAsSeen(seen));

function isAsSeen(seen: Seen): boolean {
  try {
    const { size, mtimeMs } = statSync(seen.path);
    if (size !== seen.size) return false;
    // A checkout has new times, and a cache that CI restored may suit it all the same.
    return mtimeMs === seen.mtimeMs || hashOf(readFileSync(seen.path)) === seen.hash;
  } catch {
    return false;
  }
}

const hashOf = (contents: Buffer | string): string => createHash("sha1").update(contents).digest("hex");
