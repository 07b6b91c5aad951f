import type { FileKind, Files, FolderEntry } from "./files.ts";

/** Other files, of which it is noted what was read, so that it can be told whether that is still the same. */
export class TracedFiles implements Files {
  readonly #from: Files;
  /** By path; null where it could not be read. */
  readonly #read = new Map<string, Uint8Array | null>();

  constructor(from: Files) {
    this.#from = from;
  }

  get environment(): Files["environment"] {
    return this.#from.environment;
  }

  place(path: string): string {
    return this.#from.place(path);
  }

  async read(path: string): Promise<Uint8Array> {
    this.#read.set(path, null);
    const bytes = await this.#from.read(path);
    this.#read.set(path, bytes);
    return bytes;
  }

  kind(path: string): Promise<FileKind | null> {
    return this.#from.kind(path);
  }

  list(path: string): Promise<readonly FolderEntry[]> {
    return this.#from.list(path);
  }

  match(pattern: string): Promise<readonly string[]> {
    return this.#from.match(pattern);
  }

  /** Tells whether the files are those that were read, and none of them was read anew since. */
  async isAsRead(): Promise<boolean> {
    const same = await Promise.all(
      [...this.#read].map(async ([path, bytes]) => (await this.#from.read(path).catch(() => null)) === bytes),
    );
    return !same.includes(false);
  }
}
