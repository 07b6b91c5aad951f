/** What stands at a path. */
export type FileKind = "file" | "folder";

export interface FolderEntry {
  readonly name: string;
  /** What it leads to, where it is a link; null for a link that leads to nothing, and what is neither. */
  readonly kind: FileKind | null;
}

/**
 * The files that a project is read from, as one revision has them: the disk, a git revision, what an editor has not saved.
 * Paths are relative to the folder of the configuration, with forward slashes; they may lead out of it, or be absolute.
 */
export interface Files {
  /** Reads a file. @throws an error with `code` as Node's: ENOENT, EISDIR, EACCES */
  read(path: string): Promise<Uint8Array>;
  kind(path: string): Promise<FileKind | null>;
  /** Lists a folder. @throws as `read` */
  list(path: string): Promise<readonly FolderEntry[]>;
  /** Says which path names the same for all: `a/../b.sql` is `b.sql`, and a path of this folder is relative to it. */
  place(path: string): string;
  /** Finds what a pattern matches, folders with a slash at their end. */
  match(pattern: string): Promise<readonly string[]>;
  /** The environment's variables, which templates and placeholders may ask for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A file's failure, as Node's own. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: string;

  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/** Decodes UTF-8, the mark at its beginning left in. */
export function decode(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads a file's text; null where there is none. */
export async function textOf(files: Files, path: string): Promise<string | null> {
  return files.read(path).then(decode, () => null);
}
