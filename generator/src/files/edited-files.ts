import type { FileKind, Files, FolderEntry } from "./files.ts";
import { matchAmong } from "./memory-files.ts";
import * as paths from "./paths.ts";

/** Other files, with texts that an editor has not saved in place of some of them, or besides. */
export class EditedFiles implements Files {
  readonly #from: Files;
  readonly #texts = new Map<string, Uint8Array>();

  constructor(from: Files) {
    this.#from = from;
  }

  get environment(): Files["environment"] {
    return this.#from.environment;
  }

  /** Puts a text in a file's place; null gives the file back. */
  edit(path: string, text: string | null): void {
    const own = this.place(path);
    if (text === null) this.#texts.delete(own);
    else this.#texts.set(own, new TextEncoder().encode(text));
  }

  place(path: string): string {
    return this.#from.place(path);
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#texts.get(this.place(path)) ?? this.#from.read(path);
  }

  async kind(path: string): Promise<FileKind | null> {
    return this.#texts.has(this.place(path)) ? "file" : this.#from.kind(path);
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    const folder = this.place(path);
    const more = [...this.#texts.keys()].filter((own) => paths.dirname(own) === folder).map(paths.basename);
    const entries = await this.#from.list(path).catch((error: unknown) => {
      if (more.length > 0) return [];
      throw error;
    });
    const known = new Set(entries.map(({ name }) => name));
    return [
      ...entries,
      ...more.filter((name) => !known.has(name)).map((name) => ({ name, kind: "file" }) as const),
    ];
  }

  async match(pattern: string): Promise<readonly string[]> {
    return [
      ...new Set([...(await this.#from.match(pattern)), ...matchAmong(pattern, this.#texts.keys(), [])]),
    ];
  }
}
