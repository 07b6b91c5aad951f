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

/** PostgreSQL's, which is what a change touches at least. */
const PAGE = 8192;

/** A file as it was before, or empty, with some pages put in. */
interface Written {
  readonly size: number;
  /** Page numbers, and their contents one after the other; the last page may be short. */
  readonly pages: readonly number[];
  readonly contents: Uint8Array;
}

interface Difference {
  readonly removed: readonly string[];
  readonly written: ReadonlyMap<string, Written>;
}

/** What makes `after` of `before`, as bytes to keep. */
export function difference(before: DataDirectory, after: DataDirectory): Uint8Array {
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const written = new Map<string, Written>();
  for (const [path, contents] of after) {
    const old = before.get(path);
    const pages = changedPages(old ?? NOTHING, contents);
    if (old === undefined || old.length !== contents.length || pages.length > 0)
      written.set(path, {
        size: contents.length,
        pages,
        contents: Buffer.concat(pages.map((n) => page(contents, n))),
      });
  }
  return serialize({ removed, written } satisfies Difference);
}

/** `before` with what `difference` found. */
export function withDifference(before: DataDirectory, change: Uint8Array): DataDirectory {
  const { removed, written } = deserialize(change) as Difference;
  const after = new Map(before);
  for (const path of removed) after.delete(path);
  for (const [path, { size, pages, contents }] of written) {
    const file = new Uint8Array(size);
    file.set((before.get(path) ?? NOTHING).subarray(0, size));
    pages.forEach((n, i) => {
      file.set(page(contents, i), n * PAGE);
    });
    after.set(path, file);
  }
  return after;
}

const NOTHING = new Uint8Array();
const ZEROS = new Uint8Array(PAGE);

const page = (contents: Uint8Array, n: number): Uint8Array => contents.subarray(n * PAGE, (n + 1) * PAGE);

/** Those in which `after` is not `before`, which counts as zeros where it has ended. */
function changedPages(before: Uint8Array, after: Uint8Array): number[] {
  const changed: number[] = [];
  for (let n = 0; n * PAGE < after.length; n++) {
    const now = page(after, n);
    const old = page(before, n);
    const was = old.length >= now.length ? old.subarray(0, now.length) : filled(old, now.length);
    if (Buffer.compare(was, now) !== 0) changed.push(n);
  }
  return changed;
}

/** With zeros up to the length. */
function filled(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === 0) return ZEROS.subarray(0, length);
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
