import { FilesOver } from "./files-over.ts";

/** Other files, of which it is noted what was read, so that it can be told whether that is still the same. */
export class TracedFiles extends FilesOver {
  /** By path; null where it could not be read. */
  readonly #read = new Map<string, Uint8Array | null>();

  override async read(path: string): Promise<Uint8Array> {
    this.#read.set(path, null);
    const bytes = await this.from.read(path);
    this.#read.set(path, bytes);
    return bytes;
  }

  /** Tells whether the files are those that were read, and none of them was read anew since. */
  async isAsRead(): Promise<boolean> {
    const same = await Promise.all(
      [...this.#read].map(async ([path, bytes]) => (await this.from.read(path).catch(() => null)) === bytes),
    );
    return !same.includes(false);
  }
}
