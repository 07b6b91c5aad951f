import type { Filesystem } from "@electric-sql/pglite/basefs";
import type { DataDirectory, FileContents } from "./data-directory.ts";
import { EngineImage, type ImagedExports, type ImagedProgram } from "./engine-image.ts";
import { giveMemoryBack, takeMemory } from "./engine-memory.ts";

/** What is used of Emscripten's file system. */
interface Files {
  mkdirTree(path: string, mode?: number): void;
  readFile(path: string): Uint8Array;
  readdir(path: string): string[];
  isDir(mode: number): boolean;
  lookupPath(path: string): { readonly node: FileNode };
  quit(): void;
}

/** A file or folder of Emscripten's file system in memory. */
interface FileNode {
  readonly mode: number;
  contents: Uint8Array;
  usedBytes: number;
  node_ops: NodeOperations;
  stream_ops: StreamOperations;
}
interface NodeOperations {
  setattr(node: FileNode, attributes: { readonly size?: number }): void;
}
interface StreamOperations {
  open?(stream: { readonly node: FileNode; stream_ops: StreamOperations }): void;
}

/** What is used of PGlite's program. */
interface Program {
  readonly FS: Files & ImagedProgram["FS"];
  /** Its file system in memory: makes a file without looking its path up. */
  readonly MEMFS: { createNode(parent: FileNode, name: string, mode: number, device: number): FileNode };
  /** Makes each of the files that PGlite brings along. */
  FS_createDataFile(path: string, name: string | null, contents: Uint8Array): void;
}

/** What an instance of PGlite's program has that its object has not. */
interface Exports extends Partial<ImagedExports> {
  /** Where in its memory it keeps the end of what it has asked for so far. */
  emscripten_get_sbrk_ptr?(): number;
}
interface Instance {
  readonly exports: Exports;
}
type Receive = (instance: Instance, module: unknown) => void;
type Instantiate = (imports: Imports, receive: Receive) => unknown;
/** What the program is given by Emscripten. */
interface Imports {
  readonly env: { _dlopen_js(...given: unknown[]): unknown };
}

/** Gives what one of the files holds that PGlite brings along, of the part of its bundle that this is. */
export type ReadOwn = (part: Uint8Array) => FileContents;

const asTheyAre: ReadOwn = (part) => ({ size: part.length, copy: () => part });

/** Where PGlite keeps its data directory. */
const ROOT = "/pglite/data";
const REGULAR = 0o100000;
const DECODER = new TextDecoder();
/** Bytes that nobody else has. */
const written = (bytes: Uint8Array): FileContents => ({ size: bytes.length, copy: () => bytes });
/** Gives what a file holds now; most of it is only looked at. */
function contentsOf({ contents, usedBytes }: FileNode): FileContents {
  // An empty one has none.
  const bytes = usedBytes === 0 ? new Uint8Array() : contents.subarray(0, usedBytes);
  return { size: usedBytes, copy: () => bytes.slice(), look: () => bytes };
}
const EMPTY = written(new Uint8Array());

/**
 * PGlite's data directory, in memory, filled from one that exists without unpacking or copying it: a file gets its contents when it is
 * opened, which most never are.
 */
export class MemoryDirectory implements Filesystem {
  readonly #from: DataDirectory;
  readonly #own: ReadOwn;
  /** What PostgreSQL runs in: a file system alone has a say in what PGlite's program is given. */
  readonly #memory = takeMemory();
  #pg: { readonly Module: Program } | null = null;
  #exports: Exports = {};
  /** How many libraries it has asked for so far. */
  #libraries = 0;
  /** The files of it that nothing has opened so far. */
  readonly #waiting = new Map<FileNode, FileContents>();
  /** The same of those that PGlite brings along. */
  readonly #waitingOwn = new Map<FileNode, FileContents>();

  /** @param own reads the files that PGlite brings along */
  constructor(from: DataDirectory, own: ReadOwn = asTheyAre) {
    this.#from = from;
    this.#own = own;
  }

  init: Filesystem["init"] = async (pg, emscriptenOpts) => {
    this.#pg = pg as never;
    const createFiles = (program: Program): void => createFilesDirectly(program, this.#own, this.#waitingOwn);
    const preRun = [...(emscriptenOpts.preRun ?? []), createFiles as never];
    const instantiateWasm = this.#watching(emscriptenOpts.instantiateWasm as Instantiate) as never;
    const wasmMemory = this.#memory as never;
    return { emscriptenOpts: asTable({ ...emscriptenOpts, preRun, instantiateWasm, wasmMemory }) };
  };

  #watching =
    (instantiate: Instantiate): Instantiate =>
    (imports, receive) => {
      const { env } = imports;
      const open = env._dlopen_js;
      env._dlopen_js = (...given) => {
        this.#libraries++;
        return open(...given);
      };
      return instantiate(imports, (instance, module) => {
        this.#exports = instance.exports;
        receive(instance, module);
      });
    };

  async initialSyncFs(): Promise<void> {
    const program = this.#program();
    program.FS.mkdirTree(ROOT, 0o700);
    const place = placing(program);
    const fill = filling(this.#waiting);
    for (const [path, contents] of this.#from) {
      if (path.endsWith("/")) program.FS.mkdirTree(`${ROOT}/${path.slice(0, -1)}`, 0o700);
      else fill(place(`${ROOT}/${path}`, REGULAR | 0o600), contents);
    }
  }

  /** The directory as it is now, until something is done with the database. What was never opened is what it was filled with. */
  read(): ReadonlyMap<string, FileContents> {
    const files = this.#program().FS;
    const found = new Map<string, FileContents>();
    const visit = (folder: string): void => {
      for (const name of files.readdir(`${ROOT}/${folder}`)) {
        if (name === "." || name === "..") continue;
        const path = `${folder}${name}`;
        const { node } = files.lookupPath(`${ROOT}/${path}`);
        if (files.isDir(node.mode)) {
          found.set(`${path}/`, EMPTY);
          visit(`${path}/`);
        } else found.set(path, this.#waiting.get(node) ?? contentsOf(node));
      }
    };
    visit("");
    return found;
  }

  /** The release of PostgreSQL that it is of, e.g. 18. */
  release(): number {
    return Number(DECODER.decode(this.#program().FS.readFile(`${ROOT}/PG_VERSION`)));
  }

  async syncToFs(): Promise<void> {}

  async closeFs(): Promise<void> {
    this.#program().FS.quit();
  }

  /** Lets another engine have the memory. Not before PGlite has closed, which runs PostgreSQL once more behind `closeFs`. */
  leaveMemory(): void {
    const place = this.#exports.emscripten_get_sbrk_ptr?.();
    const memory = this.#memory;
    const used = place === undefined ? undefined : new DataView(memory.buffer).getUint32(place, true);
    giveMemoryBack(memory, used);
  }

  /** Takes an image of the engine, between two statements; an engine cannot be what it was once it has loaded a library. */
  image(): { rest(): void; restore(): boolean } {
    const image = new EngineImage(this.#program(), this.#exports as ImagedExports, this.#memory);
    const libraries = this.#libraries;
    const all = [this.#waiting, this.#waitingOwn].map((waiting) => [waiting, [...waiting]] as const);
    return {
      rest: () => image.rest(),
      restore: () => {
        // A library lies in the memory, and is known outside of it.
        if (this.#libraries > libraries) return false;
        image.restore();
        for (const [waiting, then] of all) for (const [node, contents] of then) waiting.set(node, contents);
        return true;
      },
    };
  }

  dumpTar(): Promise<Blob> {
    throw new Error("not an archive: see read()");
  }

  #program(): Program {
    if (this.#pg === null) throw new Error("the database has not been started");
    return this.#pg.Module;
  }
}

/**
 * Gives the object as one that V8 keeps as a table, as which it keeps all that has lost a property. PGlite's program becomes this object, and gets
 * two thousand properties more: for each V8 would describe all of the object anew, which is a third of a start.
 */
function asTable<T extends object>(object: T): T {
  const table = { removed: null, ...object };
  Reflect.deleteProperty(table, "removed");
  return table;
}

/** Has PGlite's own files (700, most of them time zones) made without looking up their folder five times each. */
function createFilesDirectly(program: Program, own: ReadOwn, waiting: Map<FileNode, FileContents>): void {
  const place = placing(program);
  const fill = filling(waiting);
  program.FS_createDataFile = (path, _, contents) => fill(place(path, REGULAR | 0o777), own(contents));
}

/** Gives what makes an empty file in a folder that is there. */
function placing({ FS, MEMFS }: Program): (path: string, mode: number) => FileNode {
  const folders = new Map<string, FileNode>();
  return (path, mode) => {
    const at = path.lastIndexOf("/");
    const folder = path.slice(0, at);
    let parent = folders.get(folder);
    if (parent === undefined) {
      parent = FS.lookupPath(folder).node;
      folders.set(folder, parent);
    }
    return MEMFS.createNode(parent, path.slice(at + 1), mode, 0);
  };
}

/**
 * Gives what has a file get its contents when it is first opened, or cut off.
 * @param waiting where they are until then
 */
function filling(waiting: Map<FileNode, FileContents>): (node: FileNode, contents: FileContents) => void {
  let own: Pick<FileNode, "node_ops" | "stream_ops"> | null = null;
  return (node, contents) => {
    own ??= operations(waiting, node);
    waiting.set(node, contents);
    node.usedBytes = contents.size;
    Object.assign(node, own);
  };
}

/** Those of a file that waits for its contents, and then has its own again. */
function operations(
  waiting: Map<FileNode, FileContents>,
  { node_ops, stream_ops }: FileNode,
): Pick<FileNode, "node_ops" | "stream_ops"> {
  const fill = (node: FileNode): void => {
    const contents = waiting.get(node);
    if (contents === undefined) return;
    waiting.delete(node);
    node.contents = contents.copy();
    Object.assign(node, { node_ops, stream_ops });
  };
  return {
    node_ops: {
      ...node_ops,
      setattr: (node, attributes) => {
        if (attributes.size !== undefined) fill(node);
        node_ops.setattr(node, attributes);
      },
    },
    stream_ops: {
      ...stream_ops,
      open: (stream) => {
        fill(stream.node);
        stream.stream_ops = stream_ops;
      },
    },
  };
}
