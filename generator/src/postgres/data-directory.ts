/** The contents of a data directory by path (`base/5/1259`); a folder's path ends in a slash and its contents are empty. */
export type DataDirectory = ReadonlyMap<string, Uint8Array>;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const BLOCK = 512;
const FOLDER = "5".charCodeAt(0);

/** Reads a plain (ustar) archive; the contents are views into it. */
export function readArchive(archive: Uint8Array): DataDirectory {
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number): string => {
    const field = archive.subarray(at, at + length);
    const end = field.indexOf(0);
    return DECODER.decode(field.subarray(0, end === -1 ? length : end));
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
  readonly path: string;
  readonly size: number;
  /** Page numbers. Their contents follow one another; the last page may be short. */
  readonly pages: readonly number[];
}

interface Difference {
  readonly removed: readonly string[];
  readonly written: readonly Written[];
}

/** In front of the description of a difference, which is JSON: its length, 4 bytes. The contents of all pages are behind it. */
const LENGTH = 4;

/** Gives what makes `after` of `before`, as bytes to keep. */
export function difference(before: DataDirectory, after: DataDirectory): Uint8Array<ArrayBuffer> {
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const written: Written[] = [];
  const contents: Uint8Array[] = [];
  for (const [path, file] of after) {
    const old = before.get(path);
    const pages = changedPages(old ?? NOTHING, file);
    if (old !== undefined && old.length === file.length && pages.length === 0) continue;
    written.push({ path, size: file.length, pages });
    for (const n of pages) contents.push(page(file, n));
  }
  const head = new TextEncoder().encode(JSON.stringify({ removed, written } satisfies Difference));
  const length = new Uint8Array(LENGTH);
  new DataView(length.buffer).setUint32(0, head.length);
  return concat([length, head, ...contents]);
}

/** What a file holds; it is put together when it is wanted, since PostgreSQL opens few of its files. */
export interface FileContents {
  readonly size: number;
  /** Gives bytes of their own, to write into. */
  copy(): Uint8Array;
}

/** Gives the files of a directory by path, as `DataDirectory` has them. */
export function contentsOf(directory: DataDirectory): Map<string, FileContents> {
  const found = new Map<string, FileContents>();
  for (const [path, file] of directory)
    found.set(path, { size: file.length, copy: () => new Uint8Array(file) });
  return found;
}

/** The files of `before` with what `difference` found. */
export function withDifference(before: DataDirectory, change: Uint8Array): ReadonlyMap<string, FileContents> {
  const head = new DataView(change.buffer, change.byteOffset).getUint32(0);
  let at = LENGTH + head;
  const { removed, written } = JSON.parse(DECODER.decode(change.subarray(LENGTH, at))) as Difference;
  const after = contentsOf(before);
  for (const path of removed) after.delete(path);
  for (const { path, size, pages } of written) {
    const start = at;
    for (const n of pages) at += lengthOf(n, size);
    const copy = (): Uint8Array => {
      const file = new Uint8Array(size);
      file.set((before.get(path) ?? NOTHING).subarray(0, size));
      let from = start;
      for (const n of pages) {
        file.set(change.subarray(from, from + lengthOf(n, size)), n * PAGE);
        from += lengthOf(n, size);
      }
      return file;
    };
    after.set(path, { size, copy });
  }
  return after;
}

/** Gives the number of bytes that a page of a file has: the last one may be short. */
const lengthOf = (page: number, size: number): number => Math.min(PAGE, size - page * PAGE);

/** Joins bytes. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
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
    if (!isSame(was, now)) changed.push(n);
  }
  return changed;
}

/** Compares four bytes at a time where they lie so, which takes a fraction of one by one. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const isAligned = (a.byteOffset | b.byteOffset | a.length) % 4 === 0;
  if (!isAligned) return a.every((byte, i) => byte === b[i]);
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length / 4);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length / 4);
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** With zeros up to the length. */
function filled(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === 0) return ZEROS.subarray(0, length);
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
