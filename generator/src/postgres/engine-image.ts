/** What is used of PGlite's program. */
export interface ImagedProgram {
  readonly FS: Files;
}
/** What is used of what an instance of it exports. */
export interface ImagedExports {
  emscripten_get_sbrk_ptr(): number;
  emscripten_stack_get_current(): number;
  _emscripten_stack_restore(place: number): void;
  /** Ends the timer that is there for limits of time. */
  clear_setitimer(): void;
}
interface ImagedMemory {
  readonly buffer: ArrayBuffer;
}

/** What is used of Emscripten's file system in memory. */
interface Files {
  nameTable: readonly unknown[];
  streams: readonly ({ readonly shared: object } | null | undefined)[];
  nextInode: number;
  currentPath: string;
  readonly root: FileNode;
  isDir(mode: number): boolean;
}
/** A file, whose contents are bytes with room behind them, or a folder, whose contents are its files by name. */
interface FileNode {
  readonly mode: number;
  readonly contents?: unknown;
  readonly usedBytes?: number;
}

/** A file or folder with all that its object said. */
interface KeptNode {
  readonly node: FileNode;
  readonly fields: object;
  /** Of a file that has bytes of its own. */
  readonly bytes: Uint8Array | null;
  /** Of a folder. */
  readonly children: object | null;
}

/** Bytes that are looked at together. */
const PAGE = 65_536;

/**
 * An engine as it is between two statements, so that it can be made so again: PostgreSQL is what lies in its memory, and in the files in memory that it has open. All else of
 * its program stays as it is, unless it loads a library.
 */
export class EngineImage {
  readonly #program: ImagedProgram;
  readonly #exports: ImagedExports;
  readonly #memory: ImagedMemory;
  /** Those that are not zeros, by their number. */
  readonly #pages = new Map<number, Uint8Array>();
  readonly #stack: number;
  readonly #nodes: readonly KeptNode[];
  readonly #files: Pick<Files, "nameTable" | "streams" | "nextInode" | "currentPath">;
  /** What is known of each open file, its position for one. */
  readonly #open: readonly { readonly object: object; readonly fields: object }[];

  constructor(program: ImagedProgram, exports: ImagedExports, memory: ImagedMemory) {
    this.#program = program;
    this.#exports = exports;
    this.#memory = memory;
    this.#stack = exports.emscripten_stack_get_current();
    const used = this.#used();
    for (let n = 0; n * PAGE < used.length; n++) {
      const page = used.subarray(n * PAGE, (n + 1) * PAGE);
      if (!isZero(page)) this.#pages.set(n, page.slice());
    }
    const { FS } = program;
    this.#nodes = nodesIn(FS, FS.root).map((node) => keep(FS, node));
    const { nextInode, currentPath } = FS;
    this.#files = { nameTable: FS.nameTable.slice(), streams: FS.streams.slice(), nextInode, currentPath };
    // One that is closed loses its number.
    const open = FS.streams.flatMap((stream) => (stream ? [stream, stream.shared] : []));
    this.#open = open.map((object) => ({ object, fields: { ...object } }));
  }

  /** Ends what the engine waits for: a limit of time outlasts its statement, to be set less often. */
  rest(): void {
    this.#exports.clear_setitimer();
  }

  /** Makes the engine what it was. */
  restore(): void {
    const used = this.#used();
    for (let n = 0; n * PAGE < used.length; n++) {
      const page = this.#pages.get(n);
      if (page === undefined) used.fill(0, n * PAGE, (n + 1) * PAGE);
      else used.set(page, n * PAGE);
    }
    this.#exports._emscripten_stack_restore(this.#stack);
    const { FS } = this.#program;
    for (const { node, fields, bytes, children } of this.#nodes) {
      Object.assign(node, fields, children && { contents: { ...children } });
      if (bytes !== null) (node.contents as Uint8Array).fill(0, bytes.length).set(bytes);
    }
    const { nameTable, streams } = this.#files;
    Object.assign(FS, this.#files, { nameTable: nameTable.slice(), streams: streams.slice() });
    for (const { object, fields } of this.#open) Object.assign(object, fields);
  }

  /** The memory that the program has asked for so far. */
  #used(): Uint8Array {
    const { buffer } = this.#memory;
    return new Uint8Array(
      buffer,
      0,
      new DataView(buffer).getUint32(this.#exports.emscripten_get_sbrk_ptr(), true),
    );
  }
}

function nodesIn(files: Files, node: FileNode): FileNode[] {
  if (!files.isDir(node.mode) || !node.contents) return [node];
  return [node, ...Object.values(node.contents).flatMap((child: FileNode) => nodesIn(files, child))];
}

function keep(files: Files, node: FileNode): KeptNode {
  const { contents, usedBytes = 0 } = node;
  if (files.isDir(node.mode) && contents)
    return { node, fields: { ...node }, bytes: null, children: { ...contents } };
  const isFilled = contents instanceof Uint8Array && contents.length >= usedBytes;
  const bytes = isFilled ? withoutZeros(contents, usedBytes) : null;
  return { node, fields: { ...node }, bytes, children: null };
}

/** Gives the first `size` bytes without the zeros at their end, which a segment of the log is mostly. */
function withoutZeros(bytes: Uint8Array, size: number): Uint8Array {
  let end = size;
  while (end >= PAGE && isZero(bytes.subarray(end - PAGE, end))) end -= PAGE;
  return bytes.slice(0, end);
}

/** Looks at four bytes at a time where they lie so, which takes a fraction of one by one. */
function isZero(bytes: Uint8Array): boolean {
  if (((bytes.byteOffset | bytes.length) & 3) !== 0) return bytes.every((byte) => byte === 0);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}
