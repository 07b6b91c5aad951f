import { deserialize, serialize } from "node:v8";

/** The contents of a data directory by path (`base/5/1259`); a folder's path ends in a slash and its contents are empty. */
export type DataDirectory = ReadonlyMap<string, Uint8Array>;

const BLOCK = 512;
const FOLDER = "5".charCodeAt(0);

/** Reads a plain (ustar) archive; the contents are views into it. */
export function readArchive(archive: Uint8Array): DataDirectory {
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number): string => {
    const field = Buffer.from(archive.buffer, archive.byteOffset + at, length);
    const end = field.indexOf(0);
    return field.toString("utf8", 0, end === -1 ? length : end);
  };
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const name = text(at, 100);
    if (name === "") break;
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    const isFolder = archive[at + 156] === FOLDER;
    const start = at + BLOCK;
    files.set(isFolder ? `${name.replace(/\/$/, "")}/` : name, archive.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

interface Difference {
  readonly removed: readonly string[];
  readonly written: ReadonlyMap<string, Uint8Array>;
}

/** What makes `after` of `before`, as bytes to keep. */
export function difference(before: DataDirectory, after: DataDirectory): Uint8Array {
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const written = new Map<string, Uint8Array>();
  for (const [path, contents] of after) {
    const old = before.get(path);
    if (old === undefined || Buffer.compare(old, contents) !== 0) written.set(path, contents);
  }
  return serialize({ removed, written } satisfies Difference);
}

/** `before` with what `difference` found. */
export function withDifference(before: DataDirectory, change: Uint8Array): DataDirectory {
  const { removed, written } = deserialize(change) as Difference;
  const after = new Map(before);
  for (const path of removed) after.delete(path);
  for (const [path, contents] of written) after.set(path, contents);
  return after;
}
