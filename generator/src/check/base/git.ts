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

/**
 * Gives the environment that git is run in. Nothing may stop and ask, and no message may be translated: some are looked at. A hook is told its own
 * repository and index, relative to a folder that is not ours: those of the folder where the project is are meant.
 */
export function gitEnvironment(): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = { ...process.env };
  for (const name of OF_ONE_REPOSITORY) delete own[name];
  return { ...own, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };
}

/** `git rev-parse --local-env-vars`, without those of settings. */
const OF_ONE_REPOSITORY = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_COMMON_DIR",
  "GIT_INDEX_FILE",
  "GIT_PREFIX",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_GRAFT_FILE",
  "GIT_SHALLOW_FILE",
  "GIT_NAMESPACE",
];

/** What git printed, and what it said beside that. */
interface Said {
  readonly out: Buffer;
  readonly warnings: string;
}

/** Runs the git binary in a folder. @throws GitError; an `ENOENT` where there is no git */
export async function git(cwd: string, args: readonly string[], input?: string): Promise<Buffer> {
  return (await gitSaying(cwd, args, input)).out;
}

/** Does the same, and gives its warnings as well. */
export function gitSaying(cwd: string, args: readonly string[], input?: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["-C", cwd, ...args], {
      env: gitEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => {
      stderr += data;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve({ out: Buffer.concat(out), warnings: stderr })
        : reject(new GitError(args, code ?? -1, stderr)),
    );
    child.stdin.on("error", () => {}); // It ended before it read everything; its exit code tells.
    child.stdin.end(input ?? "");
  });
}

/** Gives what a command prints, without its last line break, or null where it fails. */
export async function gitLine(cwd: string, args: readonly string[]): Promise<string | null> {
  try {
    return asLine(await git(cwd, args));
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

export const asLine = (out: Buffer): string => out.toString("utf8").replace(/\r?\n$/, "");
