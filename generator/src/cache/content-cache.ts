import { createHash } from "node:crypto";
// Its promises are loaded when they are first used, which a run that only reads does at its end.
import { existsSync, promises, readdirSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

/** Put in by the build: a hash of all sources, and of the packages that decide what is found. */
declare const SOLITUDE_GEN_BUILD: string | undefined;
const BUILD = typeof SOLITUDE_GEN_BUILD === "undefined" ? "sources" : SOLITUDE_GEN_BUILD;

/** What a folder may hold; beyond that, what has been used least recently goes. */
const CAPACITY = 256 * 1024 * 1024;

/**
 * Results by the hash of what they were made from. An entry that cannot be read, is of another version or does not
 * match its own checksum is treated as absent.
 */
export class ContentCache {
  readonly #folder: string | null;

  /** @param folder null: nothing is kept */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** Tells whether anything could be found. */
  get exists(): boolean {
    return this.#folder !== null && existsSync(this.#folder);
  }

  get isKept(): boolean {
    return this.#folder !== null;
  }

  static key(...parts: readonly string[]): string {
    const hash = createHash("sha256").update(`${BUILD}\0${process.versions.v8}`);
    for (const part of parts) hash.update(`\0${part.length}\0`).update(part);
    return hash.digest("hex");
  }

  async read<T>(kind: string, key: string): Promise<T | null> {
    const bytes = await this.readBytes(kind, key);
    if (!bytes) return null;
    try {
      return deserialize(bytes) as T;
    } catch {
      return null;
    }
  }

  async write(kind: string, key: string, value: unknown): Promise<void> {
    await this.writeBytes(kind, key, serialize(value));
  }

  async readBytes(kind: string, key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#folder === null) return null;
    try {
      const name = `${kind}-${key}`;
      const path = join(this.#folder, name);
      // Node's promise reads half a megabyte in each turn of the event loop, which has other work.
      const read = readFileSync(path);
      // Node may give a part of memory that others have parts of.
      const file = read.buffer.byteLength === read.length ? read : new Uint8Array(read);
      const body = file.subarray(CHECKSUM);
      if (!checksum(name, body).equals(file.subarray(0, CHECKSUM))) return null;
      const now = new Date();
      promises.utimes(path, now, now).catch(() => {});
      return body;
    } catch {
      return null;
    }
  }

  /** A cache that cannot be written costs time, never the run. */
  async writeBytes(kind: string, key: string, body: Uint8Array): Promise<void> {
    if (this.#folder === null) return;
    try {
      await promises.mkdir(this.#folder, { recursive: true });
      const name = `${kind}-${key}`;
      const target = join(this.#folder, name);
      const temporary = `${target}.${process.pid}`;
      await promises.writeFile(temporary, [checksum(name, body), body]);
      await promises.rename(temporary, target);
      pruneAfter(this.#folder, body.length);
    } catch {}
  }
}

const CHECKSUM = 20;

/** Against accidents, not attacks: SHA-1 takes a third of SHA-256's time. With the name, what belongs to another entry is none of this one's. */
function checksum(name: string, body: Uint8Array): Buffer {
  return createHash("sha1").update(name).update(body).digest();
}

/** Tells whether a file of the cache's folder is the cache's own: the folder may be one that holds other things too. */
export function isEntry(name: string): boolean {
  return /^[a-z]+-[0-9a-f]{64}(?:\.\d+)?$/.test(name);
}

/** How much a process writes into a folder before it looks again at what that holds: a full one has hundreds of entries. */
const PRUNE_EVERY = 16 * 1024 * 1024;
/** By folder, what was written since. */
const unpruned = new Map<string, number>();

function pruneAfter(folder: string, size: number): void {
  const written = (unpruned.get(folder) ?? PRUNE_EVERY) + size;
  const isDue = written >= PRUNE_EVERY;
  unpruned.set(folder, isDue ? 0 : written);
  if (isDue) prune(folder);
}

function prune(folder: string): void {
  // What was made of the same is used together, whichever of it is read: of a schema that is known, hardly ever the snapshot.
  const byKey = new Map<string, { at: number; size: number; readonly paths: string[] }>();
  for (const name of readdirSync(folder).filter(isEntry)) {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    const key = name.slice(name.indexOf("-"));
    const known = byKey.get(key) ?? { at: 0, size: 0, paths: [] };
    byKey.set(key, known);
    known.at = Math.max(known.at, stats.mtimeMs);
    known.size += stats.size;
    known.paths.push(path);
  }
  let size = 0;
  for (const entry of [...byKey.values()].sort((a, b) => b.at - a.at)) {
    size += entry.size;
    if (size > CAPACITY) entry.paths.forEach(remove);
  }
}

/** Another process may have done it. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}
