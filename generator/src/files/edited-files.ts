import type { FileKind, FolderEntry } from "./files.ts";
import { FilesOver } from "./files-over.ts";
import { matchAmong } from "./memory-files.ts";
import * as paths from "./paths.ts";

/** Other files, with texts that an editor has not saved in place of some of them, or besides. */
export class EditedFiles extends FilesOver {
  readonly #texts = new Map<string, Uint8Array>();

  /** Puts a text in a file's place; null gives the file back. */
  edit(path: string, text: string | null): void {
    const own = this.place(path);
    if (text === null) this.#texts.delete(own);
    else this.#texts.set(own, new TextEncoder().encode(text));
  }

  override async read(path: string): Promise<Uint8Array> {
    return this.#texts.get(this.place(path)) ?? this.from.read(path);
  }

  override async kind(path: string): Promise<FileKind | null> {
    return this.#texts.has(this.place(path)) ? "file" : this.from.kind(path);
  }

  override async list(path: string): Promise<readonly FolderEntry[]> {
    const folder = this.place(path);
    const more = [...this.#texts.keys()].filter((own) => paths.dirname(own) === folder).map(paths.basename);
    const entries = await this.from.list(path).catch((error: unknown) => {
      if (more.length > 0) return [];
      throw error;
    });
    const known = new Set(entries.map(({ name }) => name));
    return [
      ...entries,
      ...more.filter((name) => !known.has(name)).map((name) => ({ name, kind: "file" }) as const),
    ];
  }

  override async match(pattern: string): Promise<readonly string[]> {
    return [
      ...new Set([...(await this.from.match(pattern)), ...matchAmong(pattern, this.#texts.keys(), [])]),
    ];
  }
}
