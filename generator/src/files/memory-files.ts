import picomatch from "picomatch/posix.js";
import { FileError, type FileKind, type Files, type FolderEntry } from "./files.ts";
import * as paths from "./paths.ts";

/** Files that are in no file system: a page's own, a commit's, those of a test. */
export class MemoryFiles implements Files {
  readonly environment: Files["environment"];
  readonly #contents: ReadonlyMap<string, Uint8Array>;
  #folders: Map<string, Map<string, FileKind>> | null = null;

  /** @param contents by path from the root, without `./` */
  constructor(contents: ReadonlyMap<string, string | Uint8Array>, environment: Files["environment"] = {}) {
    this.environment = environment;
    this.#contents = new Map(
      [...contents].map(([path, text]) => [path, typeof text === "string" ? ENCODER.encode(text) : text]),
    );
  }

  place(path: string): string {
    return paths.normalize(path);
  }

  async read(path: string): Promise<Uint8Array> {
    const own = paths.normalize(path);
    const bytes = this.#contents.get(own);
    if (bytes !== undefined) return bytes;
    throw new FileError(this.#tree().has(own) ? "EISDIR" : "ENOENT", path);
  }

  async kind(path: string): Promise<FileKind | null> {
    const own = paths.normalize(path);
    return this.#contents.has(own) ? "file" : this.#tree().has(own) ? "folder" : null;
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    const found = this.#tree().get(paths.normalize(path));
    if (found === undefined) throw new FileError("ENOENT", path);
    return [...found].map(([name, kind]) => ({ name, kind }));
  }

  async match(pattern: string): Promise<readonly string[]> {
    return matchAmong(pattern, this.#contents.keys(), this.#tree().keys());
  }

  #tree(): Map<string, Map<string, FileKind>> {
    this.#folders ??= foldersOf(this.#contents.keys());
    return this.#folders;
  }
}

const ENCODER = new TextEncoder();

/** Every folder that the files lie in, with its entries. */
function foldersOf(files: Iterable<string>): Map<string, Map<string, FileKind>> {
  const folders = new Map<string, Map<string, FileKind>>([[".", new Map()]]);
  const add = (path: string, kind: FileKind): void => {
    const folder = paths.dirname(path);
    if (!folders.has(folder)) {
      folders.set(folder, new Map());
      if (folder !== "." && folder !== "/") add(folder, "folder");
    }
    folders.get(folder)!.set(paths.basename(path), kind);
  };
  for (const file of files) add(file, "file");
  return folders;
}

/** Finds what a pattern matches as `tinyglobby` would on disk: names that begin with a dot only where the pattern says so. */
export function matchAmong(pattern: string, files: Iterable<string>, folders: Iterable<string>): string[] {
  const isMatch = picomatch(paths.normalize(pattern.replaceAll("\\", "/")).replace(/\/$/, ""));
  return [
    ...[...files].filter((path) => isMatch(path)),
    ...[...folders].filter((path) => path !== "." && isMatch(path)).map((path) => `${path}/`),
  ];
}
