import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";

export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs scripts in bash, where `solitude_gen` is a command that is answered in this process, in scripts that they start, too: a page's commands are run as its reader would, with pipes,
 * redirections and what each command leaves to the next, in a tenth of the time that a process takes for each.
 */
export class CommandShell {
  readonly #answers = mkdtempSync(join(tmpdir(), "solitude-shell-"));
  readonly #server: Server;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#hear(socket));
  }

  static async open(): Promise<CommandShell> {
    const shell = new CommandShell();
    await new Promise<void>((resolve) => shell.#server.listen(0, "127.0.0.1", resolve));
    return shell;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#answers, { recursive: true, force: true });
  }

  /** Runs a script, which ends at its first command that fails. */
  async run(script: string, { cwd, env }: Given): Promise<Said> {
    const { port } = this.#server.address() as AddressInfo;
    const child = spawn("bash", ["--norc", "-euo", "pipefail"], { cwd, env });
    child.stdin.end(`${asking(port)}\n${script}`);
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => (said[stream] += text));
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { status, ...said };
  }

  /** Answers a question, which is a folder, its environment, an empty text and a command's arguments, each with a zero behind it. */
  #hear(socket: Socket): void {
    let question = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      question += text;
      const [cwd = "", ...rest] = question.split("\0");
      if (rest.at(-2) !== END) return;
      const [variables, args] = [rest.slice(0, rest.indexOf("")), rest.slice(rest.indexOf("") + 1, -2)];
      this.#last = this.#last
        .then(() => this.#answer(cwd, variables, args))
        .catch((error: Error) => this.#write({ code: 70, out: "", err: `${error.stack}\n` }))
        .then((place) => socket.end(place));
    });
    // Whoever asked is gone.
    socket.on("error", () => {});
  }

  async #answer(cwd: string, variables: readonly string[], args: readonly string[]): Promise<string> {
    const before = { ...process.env };
    const folder = process.cwd();
    const given = Object.fromEntries(variables.map((one) => splitAt(one, one.indexOf("="))));
    try {
      replaceEnvironment(given);
      // Where reports are written.
      process.chdir(cwd);
      return this.#write(await runCommand(cwd, ...args));
    } finally {
      process.chdir(folder);
      replaceEnvironment(before);
    }
  }

  /** Keeps what a command said; gives its exit code and where that is. */
  #write({ code, out, err }: Awaited<ReturnType<typeof runCommand>>): string {
    const place = join(this.#answers, String(this.#count++));
    writeFileSync(`${place}.out`, out);
    writeFileSync(`${place}.err`, err);
    return `${code} ${place}\n`;
  }
}

/** Ends a question. */
const END = "\u0004";

/** The shell's function that asks. */
const asking = (port: number): string => `solitude_gen() {
  local code place
  exec 9<>/dev/tcp/127.0.0.1/${port}
  { printf '%s\\0' "$PWD"; env -0; printf '\\0'; printf '%s\\0' "$@" '${END}'; } >&9
  read -r code place <&9
  exec 9>&-
  cat "$place.out"; cat "$place.err" >&2
  return "$code"
}
export -f solitude_gen`;

const splitAt = (text: string, at: number): [string, string] => [text.slice(0, at), text.slice(at + 1)];

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value;
}
