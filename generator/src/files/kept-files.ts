import type { FileKind, FolderEntry } from "./files.ts";
import { FilesOver } from "./files-over.ts";

/** Asks each thing of other files once, until it is told that they may have changed. */
export class KeptFiles extends FilesOver {
  #read = new Map<string, Promise<Uint8Array>>();
  #kinds = new Map<string, Promise<FileKind | null>>();
  #lists = new Map<string, Promise<readonly FolderEntry[]>>();
  #matches = new Map<string, Promise<readonly string[]>>();

  /**
   * Forgets everything: the files are another revision's now.
   * @param edited where only what stands in these files may be another: what else is known stays
   */
  forget(edited: ReadonlySet<string> | null = null): void {
    const places = new Set([...(edited ?? [])].map((path) => this.place(path)));
    const read = [...this.#read.keys()].filter((path) => places.has(this.place(path)));
    // One that nobody asked for by its name may be reached by another.
    if (edited !== null && new Set(read.map((path) => this.place(path))).size === places.size) {
      for (const path of read) this.#read.delete(path);
      return;
    }
    this.#read = new Map();
    this.#kinds = new Map();
    this.#lists = new Map();
    this.#matches = new Map();
  }

  /** Gives what was asked for since: what comes of a project depends on nothing else of the files. */
  get asked(): { readonly paths: ReadonlySet<string>; readonly patterns: ReadonlySet<string> } {
    return {
      paths: new Set([...this.#read.keys(), ...this.#kinds.keys(), ...this.#lists.keys()]),
      patterns: new Set(this.#matches.keys()),
    };
  }

  /** Lists the folders among it. */
  get listed(): readonly string[] {
    return [...this.#lists.keys()];
  }

  override read(path: string): Promise<Uint8Array> {
    return once(this.#read, path, () => this.from.read(path));
  }

  override kind(path: string): Promise<FileKind | null> {
    return once(this.#kinds, path, () => this.from.kind(path));
  }

  override list(path: string): Promise<readonly FolderEntry[]> {
    return once(this.#lists, path, () => this.from.list(path));
  }

  override match(pattern: string): Promise<readonly string[]> {
    return once(this.#matches, pattern, () => this.from.match(pattern));
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  let answer = known.get(key);
  if (answer === undefined) {
    answer = ask();
    // Whoever asks hears of it.
    answer.catch(() => {});
    known.set(key, answer);
  }
  return answer;
}
