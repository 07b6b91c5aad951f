import { constants, type Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { devNull } from "node:os";
import { relative, resolve, sep } from "node:path";
import { FileError, type FileKind, type Files, type FolderEntry } from "./files.ts";

/** Opening a pipe would wait until somebody writes into it. */
const AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Tells a device, which may have no end. */
const isDevice = (found: Stats): boolean => found.isCharacterDevice() || found.isBlockDevice();

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

  async read(path: string): Promise<Uint8Array> {
    const file = await open(resolve(this.root, path), AT_ONCE);
    try {
      const found = await file.stat();
      if (found.isFIFO()) throw new FileError("ESPIPE", path);
      if (isDevice(found)) {
        // What stands for an empty file.
        if (found.rdev === (await stat(devNull)).rdev) return new Uint8Array();
        throw new FileError("ENXIO", path);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async kind(path: string): Promise<FileKind | null> {
    const found = await stat(resolve(this.root, path)).catch(() => null);
    if (found === null || found.isFIFO() || found.isSocket()) return null;
    return found.isDirectory() ? "folder" : "file";
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
