import type { FileKind, Files, FolderEntry } from "./files.ts";

/** Other files, as they are: what a class says otherwise of them, it puts in a method's place. */
export abstract class FilesOver implements Files {
  protected readonly from: Files;

  constructor(from: Files) {
    this.from = from;
  }

  get environment(): Files["environment"] {
    return this.from.environment;
  }

  place(path: string): string {
    return this.from.place(path);
  }

  read(path: string): Promise<Uint8Array> {
    return this.from.read(path);
  }

  kind(path: string): Promise<FileKind | null> {
    return this.from.kind(path);
  }

  list(path: string): Promise<readonly FolderEntry[]> {
    return this.from.list(path);
  }

  match(pattern: string): Promise<readonly string[]> {
    return this.from.match(pattern);
  }
}
