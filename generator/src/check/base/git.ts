import { spawn } from "node:child_process";

/** What git wrote on standard error, and its exit code. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly code: number;

  constructor(args: readonly string[], code: number, stderr: string) {
    super(stderr.trim() || `git ${args[0]} ended with exit code ${code}`);
    this.code = code;
  }
}

/** Runs the git binary in a folder. @throws GitError; an `ENOENT` where there is no git */
export function git(cwd: string, args: readonly string[], input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Nothing may stop and ask, and no message may be translated: some are looked at.
    const env = { ...process.env, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };
    const child = spawn("git", ["-C", cwd, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => {
      stderr += data;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(Buffer.concat(out)) : reject(new GitError(args, code ?? -1, stderr)),
    );
    child.stdin.on("error", () => {}); // It ended before it read everything; its exit code tells.
    child.stdin.end(input ?? "");
  });
}

/** The one line that a command prints, or null where it fails. */
export async function gitLine(cwd: string, args: readonly string[]): Promise<string | null> {
  try {
    return (await git(cwd, args)).toString("utf8").replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

export interface TreeEntry {
  /** Relative to the root of the repository. */
  readonly path: string;
  /** Null for a link that leads to nothing in the commit, and for what is no file. */
  readonly contents: Buffer | null;
}

/**
 * The files of a commit below the paths given (all, where none is given), links followed as far as the commit holds
 * what they name.
 */
export async function readTree(
  cwd: string,
  commit: string,
  paths: readonly string[],
  wanted: (path: string) => boolean,
): Promise<TreeEntry[]> {
  const inSubmodules = await readSubmodules(cwd, commit, paths, wanted);
  const listed = await git(cwd, ["ls-tree", "-r", "-z", "--full-tree", commit, "--", ...paths]);
  const names: string[] = [];
  for (const line of listed.toString("utf8").split("\0")) {
    const [, mode, path] = /^(\d+) \w+ [0-9a-f]+\t([\s\S]*)$/.exec(line) ?? [];
    // A submodule (160000) is a commit of another repository.
    if (path === undefined || mode === "160000") continue;
    if (mode === "120000") names.push(...(await linked(cwd, commit, path)).filter(wanted));
    else if (wanted(path)) names.push(path);
  }
  if (names.length === 0) return inSubmodules;
  // A line break in a name cannot be asked for in this protocol.
  const asked = names.filter((name) => !name.includes("\n"));
  const input = asked.map((name) => `${commit}:${name}\n`).join("");
  const output = await git(cwd, ["cat-file", "--batch", "--follow-symlinks"], input);
  let at = 0;
  const own = asked.map((path) => {
    const end = output.indexOf("\n", at);
    const head = output.toString("utf8", at, end);
    const [, kind, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(head) ?? [];
    at = end + 1;
    if (kind === undefined || size === undefined) {
      // `dangling 12⏎…`, `notdir 12⏎…`, `symlink 12⏎…` and `loop 12⏎…` carry a body, `… missing` does not.
      const body = /^(?:dangling|notdir|symlink|loop) (\d+)$/.exec(head)?.[1];
      if (body !== undefined) at += Number(body) + 1;
      return { path, contents: null };
    }
    const contents = output.subarray(at, at + Number(size));
    at += Number(size) + 1;
    return { path, contents: kind === "blob" ? contents : null };
  });
  return [...own, ...inSubmodules];
}

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

/** The files below those paths that lie in submodules, as they were at the commits that the commit names. @throws MissingSubmodule */
async function readSubmodules(
  cwd: string,
  commit: string,
  paths: readonly string[],
  wanted: (path: string) => boolean,
): Promise<TreeEntry[]> {
  if ((await gitLine(cwd, ["cat-file", "-e", `${commit}:.gitmodules`])) === null) return [];
  const top = await gitLine(cwd, ["rev-parse", "--show-toplevel"]);
  if (top === null) return [];
  const entries: TreeEntry[] = [];
  const tree = await git(cwd, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  for (const line of tree.toString("utf8").split("\0")) {
    const [, hash, at] = /^160000 commit ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? [];
    if (hash === undefined || at === undefined) continue;
    const isInside = (path: string): boolean => path === at || path.startsWith(`${at}/`);
    const below = paths.filter((path) => isInside(path) || at.startsWith(`${path}/`));
    if (paths.length > 0 && below.length === 0) continue;
    const folder: string = `${top}/${at}`;
    const isHere = (await gitLine(folder, ["rev-parse", "--show-toplevel"]).catch(() => null)) !== top;
    if (!isHere || (await gitLine(folder, ["cat-file", "-e", `${hash}^{commit}`])) === null)
      throw new MissingSubmodule(at, hash);
    const inner = below
      .filter(isInside)
      .map((path) => path.slice(at.length + 1))
      .filter((path) => path !== "");
    const isWhole = inner.length < below.length || below.length === 0;
    const found = await readTree(folder, hash, isWhole ? [] : inner, (path) => wanted(`${at}/${path}`));
    entries.push(...found.map((entry) => ({ ...entry, path: `${at}/${entry.path}` })));
  }
  return entries;
}

/** A link's own path where it leads to a file; the paths below it where it leads to a folder. */
async function linked(cwd: string, commit: string, path: string): Promise<string[]> {
  const resolved = (
    await git(cwd, ["cat-file", "--batch-check", "--follow-symlinks"], `${commit}:${path}\n`)
  ).toString("utf8");
  const tree = /^([0-9a-f]+) tree /.exec(resolved)?.[1];
  if (tree === undefined) return [path];
  const below = await git(cwd, ["ls-tree", "-r", "-z", "--name-only", tree]);
  return below
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "")
    .map((name) => `${path}/${name}`);
}
