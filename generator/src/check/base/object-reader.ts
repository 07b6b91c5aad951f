import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { GitError, gitEnvironment } from "./git.ts";

/** An object of a repository, links followed as far as the commit holds what they name. */
export interface GitObject {
  readonly hash: string;
  readonly kind: "blob" | "tree" | "commit" | "tag";
  readonly contents: Buffer;
}

interface Asked {
  resolve(object: GitObject | null): void;
  reject(error: Error): void;
}

/** Reads objects of a repository, all through one git process, in the order in which they are asked for. */
export class ObjectReader {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #asked: Asked[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes the next answer has at least. */
  #wanted = 1;
  #stderr = "";
  #ended: Error | null = null;

  /** @param options git's own, in front of the command */
  constructor(cwd: string, options: readonly string[] = []) {
    this.#child = spawn("git", ["-C", cwd, ...options, "cat-file", "--batch", "--follow-symlinks"], {
      env: gitEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#stderr += chunk;
    });
    this.#child.on("error", (error) => this.#fail(error));
    this.#child.on("close", (code) =>
      this.#fail(new GitError(["cat-file"], code ?? -1, this.#stderr || "git has ended")),
    );
    this.#child.stdin.on("error", () => {}); // That it has ended is told by then.
    // Only a question keeps the process alive.
    this.#unref();
  }

  /** Reads what git knows by a name such as `<commit>:<path>`; null where it knows none. */
  read(name: string): Promise<GitObject | null> {
    // A line break cannot be asked for in this protocol.
    if (name.includes("\n")) return Promise.resolve(null);
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#child.ref();
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  close(): void {
    this.#child.removeAllListeners("close");
    this.#child.stdin.end();
    this.#child.kill();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#asked.length > 0 && this.#length >= this.#wanted) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [all];
      const answer = answerAt(all);
      if (typeof answer === "number") {
        this.#wanted = answer;
        return;
      }
      this.#chunks = [all.subarray(answer.end)];
      this.#length -= answer.end;
      this.#wanted = 1;
      this.#asked.shift()!.resolve(answer.object);
    }
    if (this.#asked.length === 0) this.#unref();
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }

  #unref(): void {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (stream as unknown as { unref?(): void }).unref?.();
  }
}

/** The answer that stands at the beginning, or how many bytes it has at least. */
function answerAt(bytes: Buffer): { readonly object: GitObject | null; readonly end: number } | number {
  const line = bytes.indexOf("\n");
  if (line === -1) return bytes.length + 1;
  const head = bytes.toString("utf8", 0, line);
  const start = line + 1;
  const [, hash, kind, size] = /^([0-9a-f]+) (blob|tree|commit|tag) (\d+)$/.exec(head) ?? [];
  if (hash !== undefined) {
    const end = start + Number(size);
    if (bytes.length <= end) return end + 1;
    const contents = Buffer.from(bytes.subarray(start, end));
    return { object: { hash, kind: kind as GitObject["kind"], contents }, end: end + 1 };
  }
  // `dangling 12⏎…`, `notdir 12⏎…`, `symlink 12⏎…` and `loop 12⏎…` carry a body, `… missing` does not.
  const body = /^(?:dangling|notdir|symlink|loop) (\d+)$/.exec(head)?.[1];
  if (body === undefined) return { object: null, end: start };
  const end = start + Number(body) + 1;
  return bytes.length < end ? end : { object: null, end };
}
