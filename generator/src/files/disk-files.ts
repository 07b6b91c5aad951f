import { readdir, readFile, stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { FileKind, Files, FolderEntry } from "./files.ts";

/** The files as they lie on disk now. */
export class DiskFiles implements Files {
  readonly root: string;
  readonly environment = process.env;

  /** @param root absolute: what relative paths begin at */
  constructor(root: string) {
    this.root = root;
  }

  place(path: string): string {
    const own = relative(this.root, resolve(this.root, path)).split(sep).join("/");
    return own === "" ? "." : own;
  }

  read(path: string): Promise<Uint8Array> {
    return readFile(resolve(this.root, path));
  }

  async kind(path: string): Promise<FileKind | null> {
    const found = await stat(resolve(this.root, path)).catch(() => null);
    return found === null ? null : found.isDirectory() ? "folder" : "file";
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    const entries = await readdir(resolve(this.root, path), { withFileTypes: true });
    return Promise.all(
      entries.map(async (entry): Promise<FolderEntry> => {
        const { name } = entry;
        if (entry.isDirectory()) return { name, kind: "folder" };
        if (entry.isFile()) return { name, kind: "file" };
        return { name, kind: entry.isSymbolicLink() ? await this.kind(`${path}/${name}`) : null };
      }),
    );
  }

  async match(pattern: string): Promise<readonly string[]> {
    const { glob } = await import("tinyglobby");
    return glob(pattern.replaceAll("\\", "/"), {
      cwd: this.root,
      onlyFiles: false,
      expandDirectories: false,
    });
  }
}
