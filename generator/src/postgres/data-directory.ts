/** What a file holds; it is put together when it is wanted, since PostgreSQL opens few of its files. */
export interface FileContents {
  readonly size: number;
  /** Gives bytes of their own, to write into. */
  copy(): Uint8Array;
  /** Gives them to read, and not for long: as they lie somewhere, or in bytes that are lent. */
  look?(lent: Lent): Uint8Array;
}

/** Bytes to put one file after the other in: for new ones, which are outside of its heap, V8 collects garbage. */
class Lent {
  #bytes = new Uint8Array();

  ofSize(size: number): Uint8Array {
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
    return this.#bytes.subarray(0, size);
  }
}

/** A file is compared with what it was. */
const [FOR_OLD, FOR_NEW] = [new Lent(), new Lent()];

/** The files of a data directory by path (`base/5/1259`); a folder's path ends in a slash and it holds nothing. */
export type DataDirectory = ReadonlyMap<string, FileContents>;

/** Gives bytes of their own, from a place on. @param into where they are put, if they need not be that */
export type ReadBytes = (at: number, length: number, into?: Uint8Array) => Uint8Array;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const BLOCK = 512;
const FOLDER = "5".charCodeAt(0);

/** Reads what there is in a plain (ustar) archive, of the files themselves nothing yet. */
export function readArchive(read: ReadBytes, length: number): DataDirectory {
  const files = new Map<string, FileContents>();
  for (let at = 0; at + BLOCK <= length; ) {
    const head = read(at, BLOCK);
    const name = textIn(head.subarray(0, 100));
    if (name === "") break;
    const size = Number.parseInt(textIn(head.subarray(124, 136)), 8) || 0;
    const isFolder = head[156] === FOLDER;
    const start = at + BLOCK;
    files.set(isFolder ? `${name.replace(/\/$/, "")}/` : name, {
      size,
      copy: () => read(start, size),
      look: (lent) => read(start, size, lent.ofSize(size)),
    });
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function textIn(field: Uint8Array): string {
  const end = field.indexOf(0);
  return DECODER.decode(field.subarray(0, end === -1 ? field.length : end));
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

/** Gives what makes `after` of `before`, as bytes to keep. A file of both that is the same object is not read. */
export function difference(before: DataDirectory, after: DataDirectory): Uint8Array<ArrayBuffer> {
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const written: Written[] = [];
  const contents: Uint8Array[] = [];
  for (const [path, now] of after) {
    const old = before.get(path);
    if (old === now) continue;
    const file = now.look?.(FOR_NEW) ?? now.copy();
    const pages = changedPages(old?.look?.(FOR_OLD) ?? old?.copy() ?? NOTHING, file);
    if (old !== undefined && old.size === file.length && pages.length === 0) continue;
    written.push({ path, size: file.length, pages });
    for (const n of pages) contents.push(page(file, n).slice());
  }
  const head = new TextEncoder().encode(JSON.stringify({ removed, written } satisfies Difference));
  const length = new Uint8Array(LENGTH);
  new DataView(length.buffer).setUint32(0, head.length);
  return concat([length, head, ...contents]);
}

/** The files of `before` with what `difference` found. */
export function withDifference(before: DataDirectory, change: Uint8Array): DataDirectory {
  const head = new DataView(change.buffer, change.byteOffset).getUint32(0);
  let at = LENGTH + head;
  const { removed, written } = JSON.parse(DECODER.decode(change.subarray(LENGTH, at))) as Difference;
  const after = new Map(before);
  for (const path of removed) after.delete(path);
  for (const { path, size, pages } of written) {
    const start = at;
    for (const n of pages) at += lengthOf(n, size);
    const copy = (): Uint8Array => {
      const file = resized(before.get(path)?.copy() ?? NOTHING, size);
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

/** Gives them with zeros behind, or without the last. */
function resized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  const others = new Uint8Array(size);
  others.set(bytes.subarray(0, size));
  return others;
}

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

/** Compares bytes of one length, four at a time where they lie so, which takes a fraction of one by one. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
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
