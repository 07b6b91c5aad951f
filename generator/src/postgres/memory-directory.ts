import type { Filesystem } from "@electric-sql/pglite/basefs";
import type { DataDirectory } from "./data-directory.ts";

/** What is used of Emscripten's file system. */
interface Files {
  mkdirTree(path: string, mode?: number): void;
  writeFile(path: string, data: Uint8Array, options: { mode: number; canOwn: boolean }): void;
  readFile(path: string): Uint8Array;
  readdir(path: string): string[];
  stat(path: string): { mode: number };
  isDir(mode: number): boolean;
  quit(): void;
}

/** Where PGlite keeps its data directory. */
const ROOT = "/pglite/data";

/** PGlite's data directory, in memory, filled from one that exists without unpacking or copying file by file. */
export class MemoryDirectory implements Filesystem {
  readonly #from: DataDirectory;
  #pg: { readonly Module: { readonly FS: Files } } | null = null;

  constructor(from: DataDirectory) {
    this.#from = from;
  }

  init: Filesystem["init"] = async (pg, emscriptenOpts) => {
    this.#pg = pg as never;
    return { emscriptenOpts };
  };

  async initialSyncFs(): Promise<void> {
    const files = this.#files();
    files.mkdirTree(ROOT, 0o700);
    for (const [path, contents] of this.#from) {
      if (path.endsWith("/")) files.mkdirTree(`${ROOT}/${path.slice(0, -1)}`, 0o700);
      // PostgreSQL writes into these bytes: what the directory was made from must stay as it is.
      else files.writeFile(`${ROOT}/${path}`, new Uint8Array(contents), { mode: 0o600, canOwn: true });
    }
  }

  /** The directory as it is now; the contents are copies. */
  read(): DataDirectory {
    const files = this.#files();
    const found = new Map<string, Uint8Array>();
    const visit = (folder: string): void => {
      for (const name of files.readdir(`${ROOT}/${folder}`)) {
        if (name === "." || name === "..") continue;
        const path = `${folder}${name}`;
        if (files.isDir(files.stat(`${ROOT}/${path}`).mode)) {
          found.set(`${path}/`, new Uint8Array());
          visit(`${path}/`);
        } else found.set(path, files.readFile(`${ROOT}/${path}`));
      }
    };
    visit("");
    return found;
  }

  async syncToFs(): Promise<void> {}

  async closeFs(): Promise<void> {
    this.#files().quit();
  }

  dumpTar(): Promise<Blob> {
    throw new Error("not an archive: see read()");
  }

  #files(): Files {
    if (this.#pg === null) throw new Error("the database has not been started");
    return this.#pg.Module.FS;
  }
}
