import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FileError, type FileKind, type Files, type FolderEntry } from "../../files/files.ts";
import { lfsObject } from "../../files/lfs-pointer.ts";
import { matchAmong } from "../../files/memory-files.ts";
import * as paths from "../../files/paths.ts";
import { DiagnosticError } from "../../model/diagnostic.ts";
import { GitError, git, gitLine } from "./git.ts";
import { type GitObject, ObjectReader } from "./object-reader.ts";

/** The commit of a submodule is not here: it was never fetched. */
export class MissingSubmodule extends Error {
  override readonly name = "MissingSubmodule";
  readonly path: string;
  readonly commit: string;

  constructor(path: string, commit: string) {
    super(`the submodule ${path} at ${commit.slice(0, 8)} is not here`);
    this.path = path;
    this.commit = commit;
  }
}

/** What a pointer of Git LFS stands for is not here, and could not be fetched. */
export class MissingLfsObject extends DiagnosticError {
  constructor(path: string, commit: string) {
    super([
      {
        code: "base-lfs",
        severity: "error",
        message: `in ${commit.slice(0, 8)}: ${path} is a pointer of Git LFS, and what it stands for is not here`,
        hint: `Run \`git lfs fetch origin ${commit.slice(0, 8)}\`.`,
      },
    ]);
  }
}

/** git cannot read an object: it is damaged, or not here and not to be had from where the clone is from. */
class UnreadableObject extends DiagnosticError {
  constructor(name: string, said: string, hint = OF_PARTIAL_CLONE) {
    super([
      {
        code: "base-unreadable",
        severity: "error",
        message: `git cannot read ${name.replace(/^([0-9a-f]{8})[0-9a-f]+/, "$1")}: ${said.split("\n").at(-1)}`,
        hint,
      },
    ]);
  }
}

const OF_PARTIAL_CLONE =
  "Is it a partial clone (`--filter`) without its remote? `git fetch --refetch` fetches all; `git fsck` finds what is damaged.";

/** An entry of a tree, as git stores it. */
interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly hash: string;
}

const LINK = "120000";
const SUBMODULE = "160000";

/** A commit's tree, with the submodules in it, read object by object through one git process for each repository. */
export class Revision {
  readonly #top: string;
  readonly #commit: string;
  readonly #options: readonly string[];
  readonly #objects: ObjectReader;
  readonly #trees = new Map<string, readonly TreeEntry[]>();
  readonly #submodules = new Map<string, Promise<Revision>>();
  #gitmodules: Promise<GitObject | null> | null = null;
  #filters: Promise<ReadonlySet<string>> | null = null;
  #common: Promise<string | null> | null = null;

  /** @param top the repository's folder, or that in which git keeps it (`isKept`), whose work tree may be gone */
  constructor(top: string, commit: string, isKept = false) {
    this.#top = top;
    this.#commit = commit;
    this.#options = isKept ? ["--work-tree=."] : [];
    this.#objects = new ObjectReader(top, this.#options);
  }

  close(): void {
    this.#objects.close();
    for (const inner of this.#submodules.values()) inner.then((one) => one.close()).catch(() => {});
  }

  /** Reads a file or a folder by its path from the repository's folder. @throws MissingSubmodule */
  async read(path: string): Promise<GitObject | null> {
    const found = await this.#object(`${this.#commit}:${path === "." ? "" : path}`);
    if (found?.kind === "blob") return this.#smudged(found, path);
    if (found !== null) return found;
    const within = await this.#submoduleOf(path);
    return within === null ? null : within.revision.read(within.path);
  }

  /** Reads an object by its name. @throws UnreadableObject */
  #object(name: string): Promise<GitObject | null> {
    return this.#objects.read(name).catch((error) => {
      throw error instanceof GitError ? new UnreadableObject(name, error.message) : error;
    });
  }

  /** Gives a file as a checkout has it: what a pointer of Git LFS stands for, or what a filter makes of it. @throws MissingLfsObject UnreadableObject */
  async #smudged(blob: GitObject, path: string): Promise<GitObject> {
    const hash = lfsObject(blob.contents);
    if (hash === null) return this.#filtered(blob, path);
    const folder = (await this.#commonFolder()) ?? ".git";
    const stored = [folder, "lfs/objects", hash.slice(0, 2), hash.slice(2, 4), hash].join("/");
    const contents = await readFile(resolve(this.#top, stored)).catch(() =>
      git(this.#top, [...this.#options, "cat-file", "--filters", `${this.#commit}:${path}`]).catch(
        () => null,
      ),
    );
    if (contents === null || lfsObject(contents) !== null) throw new MissingLfsObject(path, this.#commit);
    return { ...blob, contents };
  }

  /** Gives what the filter makes of a file that `.gitattributes` says it has: what is encrypted in the commit, say, is not where it is checked out. */
  async #filtered(blob: GitObject, path: string): Promise<GitObject> {
    this.#filters ??= this.#configuredFilters();
    const filters = await this.#filters;
    if (filters.size === 0) return blob;
    const said = await gitLine(this.#top, [...this.#options, "check-attr", "-z", "filter", "--", path]);
    const [, , filter = ""] = said?.split("\0") ?? [];
    if (!filters.has(filter)) return blob;
    const args = ["cat-file", "--filters", `--path=${path}`, blob.hash];
    const contents = await git(this.#top, [...this.#options, ...args]).catch((error) => {
      const hint = `Its filter "${filter}" (.gitattributes) has to work here, as in a checkout of that commit.`;
      throw error instanceof GitError ? new UnreadableObject(path, error.message, hint) : error;
    });
    return { ...blob, contents };
  }

  /** Finds the filters that a checkout runs, without that of Git LFS. */
  async #configuredFilters(): Promise<ReadonlySet<string>> {
    const args = ["config", "-z", "--name-only", "--get-regexp", String.raw`^filter\..*\.(smudge|process)$`];
    const names = (await gitLine(this.#top, [...this.#options, ...args]))?.split("\0") ?? [];
    const filters = names.filter(Boolean).map((name) => name.slice("filter.".length, name.lastIndexOf(".")));
    return new Set(filters.filter((name) => name !== "lfs"));
  }

  /** Lists a folder; null where it is none. @throws MissingSubmodule */
  async list(path: string): Promise<readonly FolderEntry[] | null> {
    const found = await this.#object(`${this.#commit}:${path === "." ? "" : path}`);
    if (found === null) {
      const within = await this.#submoduleOf(path);
      return within === null ? null : within.revision.list(within.path);
    }
    if (found.kind !== "tree") return null;
    return Promise.all(
      this.#entriesOf(found).map(async ({ mode, name }): Promise<FolderEntry> => {
        if (mode === SUBMODULE) return { name, kind: "folder" };
        if (mode !== LINK) return { name, kind: mode === "40000" ? "folder" : "file" };
        const target = await this.read(paths.join(path, name));
        return { name, kind: target === null ? null : target.kind === "tree" ? "folder" : "file" };
      }),
    );
  }

  #entriesOf({ hash, contents }: GitObject): readonly TreeEntry[] {
    let entries = this.#trees.get(hash);
    if (entries === undefined) {
      entries = entriesOf(contents, hash.length / 2);
      this.#trees.set(hash, entries);
    }
    return entries;
  }

  /** Finds where a path leads into a submodule: the commit of that which this one names, and the rest of the path. */
  async #submoduleOf(path: string): Promise<{ readonly revision: Revision; readonly path: string } | null> {
    if (path === "." || (await this.#submodulesFile()) === null) return null;
    const parts = path.split("/");
    for (let count = 1; count <= parts.length; count++) {
      const folder = parts.slice(0, count - 1).join("/");
      const tree = await this.#object(`${this.#commit}:${folder}`);
      if (tree?.kind !== "tree") return null;
      const entry = this.#entriesOf(tree).find(({ name }) => name === parts[count - 1]);
      if (entry?.mode !== SUBMODULE) continue;
      const at = parts.slice(0, count).join("/");
      const revision = await this.#submodule(at, entry.hash);
      return { revision, path: parts.slice(count).join("/") || "." };
    }
    return null;
  }

  #submodule(at: string, commit: string): Promise<Revision> {
    let opened = this.#submodules.get(at);
    if (opened === undefined) {
      opened = this.#openSubmodule(at, commit);
      this.#submodules.set(at, opened);
    }
    return opened;
  }

  /** Finds the folder in which git keeps what all work trees have in common. */
  #commonFolder(): Promise<string | null> {
    this.#common ??= gitLine(this.#top, [...this.#options, "rev-parse", "--git-common-dir"]);
    return this.#common;
  }

  #submodulesFile(): Promise<GitObject | null> {
    this.#gitmodules ??= this.#object(`${this.#commit}:.gitmodules`);
    return this.#gitmodules;
  }

  async #openSubmodule(at: string, commit: string): Promise<Revision> {
    const places = [[await this.#checkedOut(at), false] as const, [await this.#kept(at), true] as const];
    for (const [folder, isKept] of places) {
      if (folder === null) continue;
      const revision = new Revision(folder, commit, isKept);
      if ((await revision.#object(`${commit}^{commit}`).catch(() => null)) !== null) return revision;
      revision.close();
    }
    throw new MissingSubmodule(at, commit);
  }

  /** Finds the folder of a submodule that is checked out. */
  async #checkedOut(at: string): Promise<string | null> {
    const folder = `${this.#top}/${at}`;
    const top = await gitLine(folder, ["rev-parse", "--show-toplevel"]).catch(() => null);
    return top === null || top === this.#top ? null : folder;
  }

  /** Finds where git keeps the objects of a submodule, by the name that it has in this commit: it may have been moved since, or be gone. */
  async #kept(at: string): Promise<string | null> {
    const file = await this.#submodulesFile();
    const listed = await git(
      this.#top,
      [...this.#options, "config", "--file", "-", "--null", "--get-regexp", "^submodule\\..*\\.path$"],
      file?.contents.toString("utf8"),
    ).catch(() => null);
    const named = (listed?.toString("utf8") ?? "").split("\0").map((line) => line.split("\n"));
    const [key] = named.find(([, path]) => path === at) ?? [];
    const common = await this.#commonFolder();
    if (key === undefined || common === null) return null;
    const folder = resolve(this.#top, common, "modules", key.slice("submodule.".length, -".path".length));
    return existsSync(folder) ? folder : null;
  }
}

/** A tree as git stores it: `mode name␀hash` for each entry. */
function entriesOf(tree: Buffer, hashLength: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    const hash = tree.toString("hex", end + 1, end + 1 + hashLength);
    entries.push({
      mode: tree.toString("utf8", at, space),
      name: tree.toString("utf8", space + 1, end),
      hash,
    });
    at = end + 1 + hashLength;
  }
  return entries;
}

/** The files of a commit, seen from a folder of its repository. What has an absolute path is in no commit: that is as it is now. */
export class RevisionFiles implements Files {
  readonly environment = process.env;
  readonly #revision: Revision;
  readonly #prefix: string;
  readonly #outside: Files;

  /** @param prefix the folder, relative to the repository's; `.` for that itself */
  constructor(revision: Revision, prefix: string, outside: Files) {
    this.#revision = revision;
    this.#prefix = paths.normalize(prefix);
    this.#outside = outside;
  }

  place(path: string): string {
    return isAbsolute(path) ? path : paths.relative(this.#prefix, paths.join(this.#prefix, path));
  }

  async read(path: string): Promise<Uint8Array> {
    if (isAbsolute(path)) return this.#outside.read(path);
    const found = await this.#object(path);
    if (found?.kind === "blob") return found.contents;
    throw new FileError(found === null ? "ENOENT" : "EISDIR", path);
  }

  async kind(path: string): Promise<FileKind | null> {
    if (isAbsolute(path)) return this.#outside.kind(path);
    const found = await this.#object(path);
    return found === null ? null : found.kind === "blob" ? "file" : "folder";
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    if (isAbsolute(path)) return this.#outside.list(path);
    const full = this.#within(path);
    const entries = full === null ? null : await this.#revision.list(full);
    if (entries === null) throw new FileError("ENOENT", path);
    return entries;
  }

  async match(pattern: string): Promise<readonly string[]> {
    if (isAbsolute(pattern)) return this.#outside.match(pattern);
    const fixed = withoutPattern(paths.normalize(pattern.replaceAll("\\", "/")));
    const files: string[] = [];
    const folders: string[] = [];
    const visit = async (folder: string, depth: number): Promise<void> => {
      // A link may lead back to a folder above it.
      if (depth > DEEPEST) return;
      for (const { name, kind } of await this.list(folder).catch(onlyMissing)) {
        const path = paths.join(folder, name);
        if (kind === "file") files.push(path);
        if (kind !== "folder") continue;
        folders.push(path);
        await visit(path, depth + 1);
      }
    };
    await visit(fixed, 0);
    return matchAmong(pattern, files, folders);
  }

  async #object(path: string): Promise<GitObject | null> {
    const full = this.#within(path);
    return full === null ? null : this.#revision.read(full);
  }

  /** The path from the repository's folder; null for one that leads out of it. */
  #within(path: string): string | null {
    const full = paths.join(this.#prefix, path);
    return full === ".." || full.startsWith("../") ? null : full;
  }
}

const DEEPEST = 40;

const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[/\\])/.test(path);

function onlyMissing(error: unknown): readonly FolderEntry[] {
  if (error instanceof FileError) return [];
  throw error;
}

/** The folders of a pattern that are written out. */
function withoutPattern(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return parts.slice(0, first === -1 ? parts.length : first).join("/") || ".";
}
